import { HtmlModel, type Edit, type Piece } from './html-model.ts';
import type { MarkdownEvent, MarkdownToken } from './markdown-events.ts';
import { CODE_LANGUAGES } from './code-languages.ts';
import { calledFootnotes, footnoteLabel } from './footnotes.ts';
import type { RemovalCount, RemovalKind } from './removal.ts';

/** A page to be judged, and what has to go whatever the judgement. */
export interface MarkdownModel {
  readonly pieces: readonly Piece[];
  readonly edits: readonly Edit[];
  /** Character references outside of code and HTML. */
  readonly references: readonly { readonly from: number; readonly to: number }[];
}

/** Markdown that becomes one HTML element around its content. */
const ELEMENTS: Readonly<Record<string, readonly [string, string]>> = {
  blockQuote: ['<blockquote>', '</blockquote>'],
  atxHeading: ['<h2>', '</h2>'],
  setextHeading: ['<h2>', '</h2>'],
  codeFenced: ['<pre><code>', '</code></pre>'],
  codeIndented: ['<pre><code>', '</code></pre>'],
  codeText: ['<code>', '</code>'],
  emphasis: ['<em>', '</em>'],
  strong: ['<strong>', '</strong>'],
  strikethrough: ['<del>', '</del>'],
  link: ['<a>', '</a>'],
  table: ['<table><tbody>', '</tbody></table>'],
  tableRow: ['<tr>', '</tr>'],
  tableHeader: ['<td>', '</td>'],
  tableData: ['<td>', '</td>'],
};

/** Gone with everything in it. */
const GONE: Readonly<Record<string, RemovalKind>> = {
  image: 'image',
  definition: 'definition',
  resource: 'link_target',
  reference: 'link_target',
  gfmFootnoteCall: 'footnote',
  codeFencedFenceMeta: 'code_info',
};

const BLANK_LINES = 2;

/** Draws the page for a parsed Markdown text. */
export function modelMarkdown(source: string, events: readonly MarkdownEvent[], removed: RemovalCount): MarkdownModel {
  return new MarkdownModeler(source, events, removed).draw();
}

class MarkdownModeler {
  readonly #source: string;
  readonly #events: readonly MarkdownEvent[];
  readonly #removed: RemovalCount;
  readonly #sketch: HtmlModel;
  readonly #edits: Edit[] = [];
  readonly #references: { from: number; to: number }[] = [];
  readonly #called: ReadonlySet<string>;
  /** The token that is left out as a whole, until its exit. */
  #gone: MarkdownToken | null = null;
  #html = 0;
  #code = 0;
  /** Per list whether its items hold bare text, and whether an item is open. */
  readonly #lists: { isTight: boolean; hasItem: boolean }[] = [];
  readonly #tight: boolean[] = [];
  #columns = 0;
  #column = 0;
  #isHead = false;
  #blankLines = 0;

  constructor(source: string, events: readonly MarkdownEvent[], removed: RemovalCount) {
    this.#source = source;
    this.#events = events;
    this.#removed = removed;
    this.#sketch = new HtmlModel(source);
    this.#called = calledFootnotes(source, events);
  }

  draw(): MarkdownModel {
    for (const [kind, token] of this.#events) {
      if (kind === 'enter') {
        this.#enter(token);
      } else {
        this.#exit(token);
      }
    }
    this.#sketch.text(this.#source.length);
    return { pieces: this.#sketch.pieces(), edits: this.#edits, references: this.#references };
  }

  #enter(token: MarkdownToken): void {
    if (this.#gone !== null) {
      return;
    }
    const type: string = token.type;
    const from = token.start.offset;
    if (type !== 'lineEndingBlank' && type !== 'linePrefix') {
      this.#blankLines = 0;
    }
    const gone = GONE[type] ?? this.#goneInContext(token);
    if (gone !== null) {
      this.#leaveOut(token, gone);
      return;
    }
    const element = ELEMENTS[type];
    if (element !== undefined) {
      this.#sketch.text(from);
      this.#sketch.tag(element[0]);
    }
    switch (type) {
      case 'paragraph':
        this.#sketch.text(from);
        this.#sketch.tag(this.#tight.at(-1) === true ? '' : '<p>');
        break;
      case 'blockQuote':
        this.#tight.push(false);
        break;
      case 'listOrdered':
      case 'listUnordered':
        this.#enterList(token);
        break;
      case 'listItemPrefix':
        this.#enterItem(from);
        break;
      case 'gfmFootnoteDefinition':
        this.#sketch.text(from);
        this.#sketch.beginAside();
        this.#sketch.tag('<div>');
        this.#tight.push(false);
        break;
      case 'codeFenced':
      case 'codeIndented':
      case 'codeText':
        this.#code += 1;
        break;
      case 'htmlFlow':
      case 'htmlText':
        this.#sketch.text(from);
        this.#html += 1;
        break;
      case 'htmlFlowData':
      case 'htmlTextData':
        this.#sketch.skip(from);
        this.#sketch.raw(from, token.end.offset);
        break;
      case 'lineEnding':
        if (this.#html > 0) {
          this.#sketch.raw(from, from + 1);
        }
        break;
      case 'lineEndingBlank':
        this.#blankLines += 1;
        if (this.#blankLines > BLANK_LINES && this.#code === 0 && this.#html === 0) {
          this.#edits.push({ from, to: from + 1, by: '' });
        }
        break;
      case 'labelMarker':
        this.#edits.push({ from, to: token.end.offset, by: '' });
        break;
      case 'tableRow':
        this.#column = 0;
        break;
      case 'tableHead':
        this.#isHead = true;
        this.#columns = 0;
        break;
      case 'characterReference':
        this.#references.push({ from, to: token.end.offset });
        break;
      default:
    }
  }

  #exit(token: MarkdownToken): void {
    if (this.#gone !== null) {
      if (this.#gone === token) {
        this.#gone = null;
      }
      return;
    }
    const type: string = token.type;
    const to = token.end.offset;
    const element = ELEMENTS[type];
    if (element !== undefined) {
      this.#sketch.text(to);
      this.#sketch.tag(element[1]);
    }
    switch (type) {
      case 'paragraph':
        this.#sketch.text(to);
        this.#sketch.tag(this.#tight.at(-1) === true ? '' : '</p>');
        break;
      case 'blockQuote':
        this.#tight.pop();
        break;
      case 'listOrdered':
      case 'listUnordered':
        this.#sketch.text(to);
        this.#sketch.tag(this.#lists.pop()?.hasItem === true ? '</li></ul>' : '</ul>');
        this.#tight.pop();
        break;
      case 'gfmFootnoteDefinition':
        this.#sketch.text(to);
        this.#sketch.tag('</div>');
        this.#sketch.endAside();
        this.#tight.pop();
        break;
      case 'codeFenced':
      case 'codeIndented':
      case 'codeText':
        this.#code -= 1;
        break;
      case 'htmlFlow':
      case 'htmlText':
        this.#html -= 1;
        break;
      case 'tableHead':
        this.#isHead = false;
        break;
      default:
    }
  }

  /** What only goes in some places: labels of footnotes, cells beyond the head, odd languages of code. */
  #goneInContext(token: MarkdownToken): RemovalKind | 'silent' | null {
    const type: string = token.type;
    const said = this.#source.slice(token.start.offset, token.end.offset);
    switch (type) {
      case 'gfmFootnoteDefinition':
        return this.#called.has(footnoteLabel(said)) ? null : 'footnote';
      case 'gfmFootnoteDefinitionLabel':
      case 'definitionMarker':
        return 'silent';
      case 'codeFencedFenceInfo':
        return CODE_LANGUAGES.has(said.toLowerCase()) ? null : 'code_info';
      case 'tableHeader':
        this.#columns += this.#isHead ? 1 : 0;
        return null;
      case 'tableData':
        this.#column += 1;
        return this.#column > this.#columns ? 'table_cell' : null;
      default:
        return null;
    }
  }

  #leaveOut(token: MarkdownToken, kind: RemovalKind | 'silent'): void {
    this.#sketch.text(token.start.offset);
    this.#sketch.skip(token.end.offset);
    this.#edits.push({ from: token.start.offset, to: token.end.offset, by: '' });
    if (kind !== 'silent') {
      this.#removed.add(kind);
    }
    this.#gone = token;
  }

  #enterList(token: MarkdownToken): void {
    this.#sketch.text(token.start.offset);
    this.#sketch.tag('<ul>');
    const isTight = token._loose !== true;
    this.#lists.push({ isTight, hasItem: false });
    this.#tight.push(isTight);
  }

  #enterItem(from: number): void {
    const list = this.#lists.at(-1);
    this.#sketch.text(from);
    this.#sketch.tag(list?.hasItem === true ? '</li><li>' : '<li>');
    if (list !== undefined) {
      list.hasItem = true;
    }
  }
}
