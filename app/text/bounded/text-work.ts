import { cleanOutput, type CleanOptions } from '../clean-output.ts';
import type { FoundSecret, Redactor } from '../redact.ts';
import { visibleText, type VisibleText } from '../visible-text.ts';

/**
 * Work on bytes that anybody may have written. No reader of Markdown and no set of expressions is fast on every input, so
 * whoever holds this decides where the work runs and how long it may take. What takes longer is never taken for harmless:
 * the text is left out, and content that was not searched counts as holding a secret.
 */
export interface TextWork {
  readonly visible: (markdown: string) => Promise<VisibleText>;
  readonly clean: (markdown: string, options: CleanOptions) => Promise<string>;
  readonly findSecrets: (content: Uint8Array) => Promise<readonly FoundSecret[]>;
}

/** What stands for an answer that did not come in time. */
export const TOO_SLOW = {
  visible: {
    text: 'This text is too complex to tell which parts are visible, so it was left out.',
    removed: [{ kind: 'tangled', count: 1 }],
  },
  clean: '*The text took too long to check, so it was left out.*',
  findSecrets: [{ kind: 'content that took too long to search', index: 0, length: 0 }],
} as const satisfies { visible: VisibleText; clean: string; findSecrets: readonly FoundSecret[] };

/** One piece of work as a message. */
export type TextJob =
  | { readonly kind: 'visible'; readonly markdown: string }
  | { readonly kind: 'clean'; readonly markdown: string; readonly options: CleanOptions }
  | { readonly kind: 'findSecrets'; readonly content: Uint8Array };

export function doTextJob(job: TextJob, redactor: Pick<Redactor, 'findSecrets'>): unknown {
  switch (job.kind) {
    case 'visible':
      return visibleText(job.markdown);
    case 'clean':
      return cleanOutput(job.markdown, job.options);
    case 'findSecrets':
      return redactor.findSecrets(job.content);
  }
}
