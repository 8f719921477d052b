import { fenceData } from '../text/fence.ts';
import { estimateTokens } from '../text/token-estimate.ts';

/** What people are told of a piece of the prompt. */
export interface PromptSource {
  readonly kind: 'issue' | 'comment' | 'file' | 'request' | 'thread' | 'check' | 'diff' | 'lesson';
  readonly label: string;
  readonly author: string | null;
  readonly url: string | null;
  readonly tokens: number;
}

/** A piece of the prompt, and what people are told of it. */
export interface PromptPart {
  readonly source: PromptSource;
  readonly text: string;
}

/** A text of others as a piece of the prompt: fenced data with its author. */
export function part(
  source: Omit<PromptSource, 'tokens'>,
  content: { text: string; authorId: number | null },
): PromptPart {
  const text = fenceData(content.text, { label: source.label, authorId: content.authorId, authorLogin: source.author });
  return { source: { ...source, tokens: estimateTokens(text) }, text };
}
