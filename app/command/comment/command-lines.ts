import { hiddenLines, type OpenElement } from './hidden-lines.ts';
import { splitBlocks } from './split-blocks.ts';

/** Indexes of the lines that begin with the prefix and are text to a reader, ascending. Linear in the text. */
export function findCommandLines(lines: readonly string[], prefix: string): number[] {
  const wanted = prefix.trimEnd().toLowerCase();
  const needsBlank = prefix.endsWith(' ');
  if (!lines.some((line) => beginsWith(line, { wanted, needsBlank }))) {
    return [];
  }
  const element: OpenElement = { name: null };
  const found: number[] = [];
  for (const block of splitBlocks(lines)) {
    const hidden = hiddenLines(block, lines, element);
    if (block.isDefinition) {
      continue;
    }
    for (const index of block.candidates) {
      if (!hidden.has(index) && beginsWith(lines[index] ?? '', { wanted, needsBlank })) {
        found.push(index);
      }
    }
  }
  return found.toSorted((a, b) => a - b);
}

function beginsWith(line: string, { wanted, needsBlank }: { wanted: string; needsBlank: boolean }): boolean {
  const text = line.trimStart();
  if (text.slice(0, wanted.length).toLowerCase() !== wanted) {
    return false;
  }
  const after = text[wanted.length];
  return !needsBlank || after === undefined || after === ' ' || after === '\t';
}
