import type { Task } from './task.ts';

/**
 * Whether title or body of a thread are no longer what was approved. Line ends are not text. A task about a pull request
 * of Bosun reads the issue that it was opened for, whose author is another one, and not its description.
 */
export function hasNewerText(
  { text: approved }: { readonly text: Pick<Task['text'], 'title' | 'body' | 'author'> },
  current: {
    readonly kind: 'issue' | 'pull_request';
    readonly title: string;
    readonly body: string;
    readonly author: { readonly id: number };
  },
): boolean {
  if (current.kind === 'pull_request' && current.author.id !== approved.author.id) {
    return false;
  }
  return normalize(approved.title) !== normalize(current.title) || normalize(approved.body) !== normalize(current.body);
}

function normalize(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').trimEnd();
}
