/** A quote, or an item of a numbered list of ours. */
export type Frame = 'quote' | 'item';

/** Puts cleaned text into a block of ours: the first line behind the mark, the others below it. */
export function frame(text: string, kind: Frame | undefined, number = 1): string {
  switch (kind) {
    case 'quote':
      return text.replaceAll(/^/gm, '> ');
    case 'item':
      return `${number}. ${text.replaceAll('\n', '\n   ')}`;
    case undefined:
      return text;
  }
}
