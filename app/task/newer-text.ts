import type { ApprovedText } from './task.ts';

/** Whether title or body of a thread are no longer what was approved. Line ends are not text. */
export function hasNewerText(
  approved: Pick<ApprovedText, 'title' | 'body'>,
  current: { readonly title: string; readonly body: string },
): boolean {
  return normalize(approved.title) !== normalize(current.title) || normalize(approved.body) !== normalize(current.body);
}

function normalize(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').trimEnd();
}
