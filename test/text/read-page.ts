import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';

type Node = DefaultTreeAdapterTypes.ChildNode;

/** Elements that Markdown of any text may become. */
const HARMLESS = new Set(
  'p h1 h2 h3 h4 h5 h6 em strong del code pre ul ol li blockquote hr br table thead tbody tr th td input'.split(' '),
);

/**
 * What acts on a page of Markdown, as a browser and GitHub read it, and whether two paragraphs of ours stand in it as they
 * should: at the top, and after everything else. An empty list is what every page should give.
 */
export function readPage(markdown: string, ours: { before: string; after: string }): string[] {
  const html = micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
  });
  const { childNodes } = parseFragment(html);
  const faults: string[] = [];
  for (const node of childNodes) {
    faults.push(...(isOurs(node, [ours.before, ours.after]) ? [] : faultsIn(node)));
  }
  const paragraphs = childNodes.filter((node) => node.nodeName === 'p').map(textOf);
  if (paragraphs[0] !== ours.before || paragraphs.at(-1) !== ours.after) {
    faults.push('what stands around it is harmed');
  }
  const comments = childNodes.filter((node) => node.nodeName === '#comment');
  if (comments.length !== 1) {
    faults.push(`${comments.length} markers`);
  }
  if (/\$[^$]*\$/.test(proseOf(childNodes))) {
    faults.push('math');
  }
  return faults;
}

function isOurs(node: Node, texts: readonly string[]): boolean {
  return node.nodeName === 'p' && texts.includes(textOf(node));
}

function faultsIn(node: Node): string[] {
  if (node.nodeName === '#comment') {
    return [];
  }
  if (node.nodeName === '#text') {
    const text = textOf(node);
    const acting = /(?<![\w`])@[a-z\d]|#\d|\bGH-\d|(?:https?|ftp):\/\/|www\.\w/i.exec(text);
    return acting === null ? [] : [`acts: ${text.slice(acting.index, acting.index + 30)}`];
  }
  const children = 'childNodes' in node ? node.childNodes : [];
  if (node.nodeName === 'code') {
    const language = 'attrs' in node ? (node.attrs.find(({ name }) => name === 'class')?.value ?? '') : '';
    return /language-(?:math|mermaid|geojson|topojson|stl)/i.test(language) ? [`drawn: ${language}`] : [];
  }
  if (!HARMLESS.has(node.nodeName) && node.nodeName !== '#comment') {
    return [`element ${node.nodeName}`];
  }
  return children.flatMap(faultsIn);
}

function textOf(node: Node): string {
  if ('value' in node) {
    return node.value;
  }
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}

/** All text that is not code. */
function proseOf(nodes: readonly Node[]): string {
  return nodes
    .map((node) => {
      if ('value' in node) {
        return node.value;
      }
      return 'childNodes' in node && node.nodeName !== 'code' ? proseOf(node.childNodes) : '';
    })
    .join('');
}
