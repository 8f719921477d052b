/** A stretch of the sketch that stands for a stretch of the source. */
export interface Piece {
  readonly html: string;
  /** Null for tags of our own that stand for Markdown structure. */
  readonly source: { readonly from: number; readonly to: number } | null;
  /** `leaf`: one placeholder for the whole stretch. `raw`: character for character. */
  readonly kind: 'leaf' | 'raw' | 'tag';
}

/** A change to the source: the stretch goes, `by` stands in its place. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

const FILTERED_TAG = /<(?=\/?(?:title|textarea|style|xmp|iframe|noembed|noframes|script|plaintext)(?:[\s/>]|$))/gi;

/**
 * The page that a Markdown source becomes, with a placeholder for every stretch of text, so that a browser's rules decide
 * what is seen and every answer can be traced back to the source.
 */
export class HtmlModel {
  readonly #source: string;
  readonly #main: Piece[] = [];
  readonly #asides: Piece[][] = [];
  #current: Piece[] = this.#main;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Everything up to `to` that is not taken yet is text; only blanks are not worth a placeholder. */
  text(to: number): void {
    if (to > this.#at) {
      if (this.#source.slice(this.#at, to).trim() !== '') {
        this.#current.push({ html: 'x', source: { from: this.#at, to }, kind: 'leaf' });
      }
      this.#at = to;
    }
  }

  tag(html: string): void {
    this.#current.push({ html, source: null, kind: 'tag' });
  }

  /** HTML of the author, character for character; tags that GitHub shows as text are shown as text. */
  raw(from: number, to: number): void {
    this.text(from);
    const source = this.#source.slice(from, to);
    let done = 0;
    for (const match of source.matchAll(FILTERED_TAG)) {
      this.#pushRaw(from + done, from + match.index);
      this.#current.push({ html: 'x', source: { from: from + match.index, to: from + match.index + 1 }, kind: 'leaf' });
      done = match.index + 1;
    }
    this.#pushRaw(from + done, to);
    this.#at = Math.max(this.#at, to);
  }

  /** Structure between texts: kept, and without a place on the page. */
  skip(to: number): void {
    this.#at = Math.max(this.#at, to);
  }

  /** What follows is shown at the end of the page, as footnotes are. */
  beginAside(): void {
    this.#current = [];
    this.#asides.push(this.#current);
  }

  endAside(): void {
    this.#current = this.#main;
  }

  pieces(): Piece[] {
    return [...this.#main, ...this.#asides.flat()];
  }

  #pushRaw(from: number, to: number): void {
    if (to > from) {
      this.#current.push({ html: this.#source.slice(from, to), source: { from, to }, kind: 'raw' });
    }
  }
}
