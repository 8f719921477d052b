import { isAlias, isNode, isScalar, visit, type Document, type Node } from 'yaml';

/** The first node of the file that is refused wherever it stands, and why; null when there is none. */
export function findForbidden(document: Document.Parsed): { node: Node; message: string } | null {
  let found: { node: Node; message: string } | null = null;
  visit(document, (_key, node) => {
    const message = isNode(node) ? refuseNode(node) : null;
    if (message === null) {
      return undefined;
    }
    found = { node: node as Node, message };
    return visit.BREAK;
  });
  return found;
}

function refuseNode(node: Node): string | null {
  // One anchor can stand for a million values, and nothing here needs it.
  if (isAlias(node) || ('anchor' in node && node.anchor !== undefined)) {
    return 'anchors and aliases are not supported; write the value out';
  }
  // PostgreSQL cannot store either, and no program takes a NUL in an argument.
  if (isScalar(node) && typeof node.value === 'string' && (node.value.includes('\0') || !node.value.isWellFormed())) {
    return 'a NUL or half of a character (an escape such as `\\0` or `\\uD83D`) is not supported; leave it out';
  }
  return null;
}

/** Lines and marks of YAML: what a parser needs its time for, counted before it sees the text. */
export function countMarks(source: string): number {
  return source.match(/[\n,"'{}[\]&*!%?|>]/g)?.length ?? 0;
}

/** Upper bound of the nesting, found before anything recursive sees the text. */
export function measureDepth(source: string): number {
  let open = 0;
  let deepest = 0;
  for (const char of source) {
    if (char === '[' || char === '{') {
      open += 1;
    } else if (char === ']' || char === '}') {
      open = Math.max(0, open - 1);
    } else if (char === '\n') {
      deepest = Math.max(deepest, open);
    }
  }
  for (const line of source.split('\n')) {
    const marks = /^(?:[ \t]*[-?:](?=[ \t]))+/.exec(line)?.[0].replaceAll(/\s/g, '').length ?? 0;
    deepest = Math.max(deepest, marks);
  }
  return Math.max(deepest, open);
}
