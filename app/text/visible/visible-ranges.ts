import { defaultTreeAdapter, html, parseFragment, type DefaultTreeAdapterTypes, type TreeAdapter } from 'parse5';
import type { DefaultTreeAdapterMap } from 'parse5';

import { hasUnseenWords, hiddenBy } from './hidden-elements.ts';
import type { RemovalCount, RemovalKind } from './removal.ts';
import { ComplexMarkup } from './complex-markup.ts';

type Node = DefaultTreeAdapterTypes.Node;
type ParentNode = DefaultTreeAdapterTypes.ParentNode;
type Element = DefaultTreeAdapterTypes.Element;

/** Elements of one page; crossed formatting tags can make a short text grow without end. */
const MAX_ELEMENTS = 60_000;

/** Drawn as text; text of a hidden element. Everything else is 0: markup, comments, attributes. */
export const SEEN = 1;
export const HIDDEN = 2;

/**
 * For each character of an HTML fragment whether a browser draws it as text. Tags, comments, attribute values and the
 * content of hidden elements are not drawn. Throws ComplexMarkup.
 */
export function visibleRanges(fragment: string, removed: RemovalCount): Uint8Array {
  const adapter = exactAdapter();
  const context = adapter.createElement('div', html.NS.HTML, []);
  const root = parseFragment(context, fragment, {
    treeAdapter: adapter,
    sourceCodeLocationInfo: true,
    scriptingEnabled: false,
  });
  const seen = new Uint8Array(fragment.length);
  const pending: { node: Node; hidden: RemovalKind | null }[] = root.childNodes
    .toReversed()
    .map((node) => ({ node, hidden: null }));
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    const { node, hidden } = item;
    if (isText(node)) {
      const place = node.sourceCodeLocation;
      if (place) {
        seen.fill(hidden === null ? SEEN : HIDDEN, place.startOffset, place.endOffset);
      }
      continue;
    }
    if (node.nodeName === '#comment') {
      removed.add('comment');
      continue;
    }
    if (!adapter.isElementNode(node)) {
      continue;
    }
    const own = hidden === null ? hiddenBy(node) : null;
    if (own !== null) {
      removed.add(own);
    } else if (hasUnseenWords(node)) {
      removed.add('attribute');
    }
    pending.push(...childrenOf(node, own ?? hidden, removed).toReversed());
  }
  return seen;
}

/** A closed `<details>` shows its first summary alone. */
function childrenOf(
  element: Element,
  hidden: RemovalKind | null,
  removed: RemovalCount,
): { node: Node; hidden: RemovalKind | null }[] {
  const content: ParentNode =
    element.tagName === 'template' && 'content' in element ? (element.content as ParentNode) : element;
  const { childNodes } = content;
  const isFolded =
    hidden === null && element.tagName === 'details' && !element.attrs.some(({ name }) => name === 'open');
  if (!isFolded) {
    return childNodes.map((node) => ({ node, hidden }));
  }
  const summary = childNodes.find((node) => node.nodeName === 'summary');
  if (childNodes.some((node) => node !== summary)) {
    removed.add('folded');
  }
  return childNodes.map((node) => ({ node, hidden: node === summary ? null : 'folded' }));
}

function isText(node: Node): node is DefaultTreeAdapterTypes.TextNode {
  return node.nodeName === '#text';
}

/** The usual tree, except that texts are never merged, so that each keeps its own place, and that growth has an end. */
function exactAdapter(): TreeAdapter<DefaultTreeAdapterMap> {
  let elements = 0;
  function textNode(value: string): DefaultTreeAdapterTypes.TextNode {
    return { nodeName: '#text', value, parentNode: null };
  }
  return {
    ...defaultTreeAdapter,
    createElement(tagName, namespace, attrs) {
      elements += 1;
      if (elements > MAX_ELEMENTS) {
        throw new ComplexMarkup('more elements than a page of this length can need');
      }
      return defaultTreeAdapter.createElement(tagName, namespace, attrs);
    },
    insertText(parent, text) {
      defaultTreeAdapter.appendChild(parent, textNode(text));
    },
    insertTextBefore(parent, text, before) {
      defaultTreeAdapter.insertBefore(parent, textNode(text), before);
    },
  };
}
