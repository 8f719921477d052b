interface Block {
  readonly type: string;
  readonly text?: string;
}

/** As much of a model's answer as decides what follows. */
export interface ReplyFacts {
  readonly content: readonly Block[];
  readonly stop_reason: string | null;
}

/**
 * What follows on an answer. `run_tools`: its tool calls are run. `done`: the model ended with words. `cut_off`: it ran
 * into its limit. `too_long`: the conversation did. `paused`: the provider wants to continue on its own. `refused`,
 * `empty` and `unclear` end nothing: the model is asked again.
 */
export type NextStep = 'run_tools' | 'done' | 'cut_off' | 'too_long' | 'paused' | 'refused' | 'empty' | 'unclear';

const LIMITS = ['max_tokens', 'model_context_window_exceeded'];
const ENDS = ['end_turn', 'stop_sequence'];

/**
 * Reads an answer from all of its facts, because providers and proxies contradict themselves: a tool call is run whatever
 * the stop reason is, and an answer without a word and without a call is not an end. Only a call that a limit may have cut
 * in half is never run, nor anything the model took back by refusing.
 */
export function readReply({ content, stop_reason: stop }: ReplyFacts): NextStep {
  if (stop === 'refusal') {
    return 'refused';
  }
  const isCut = stop !== null && LIMITS.includes(stop);
  const hasCall = content.some(({ type }) => type === 'tool_use');
  if (hasCall && !(isCut && content.at(-1)?.type === 'tool_use')) {
    return 'run_tools';
  }
  if (isCut) {
    return stop === 'max_tokens' ? 'cut_off' : 'too_long';
  }
  if (stop === 'pause_turn') {
    return 'paused';
  }
  if (wordsOf(content) === '') {
    return 'empty';
  }
  return stop !== null && ENDS.includes(stop) ? 'done' : 'unclear';
}

/** The text of an answer, without its thinking. */
export function wordsOf(content: readonly Block[]): string {
  return content
    .flatMap(({ type, text }) => (type === 'text' && text !== undefined ? [text] : []))
    .join('\n')
    .trim();
}

const CUT_OFF_SENTENCE = 'Your answer was cut off at its limit. Continue in smaller steps.';
const ASK_AGAIN_SENTENCE =
  'Your last answer had neither a tool call nor an end. Continue the work, or call finish with a summary of what is done and what is left.';

interface FollowUp {
  readonly role: 'assistant' | 'user';
  readonly content: string | readonly Block[];
}

/**
 * What is added to the conversation to ask for more. Of the answer its words stay, never half a call, thinking without
 * its end, or what was taken back; a paused one is handed back as it is, which makes the provider continue.
 */
export function followUp(step: NextStep, { content }: Pick<ReplyFacts, 'content'>): FollowUp[] {
  if (step === 'paused' && content.length > 0) {
    return [{ role: 'assistant', content }];
  }
  const words = step === 'refused' ? '' : wordsOf(content);
  const kept = step === 'cut_off' ? words || '(cut off)' : words;
  return [
    ...(kept === '' ? [] : [{ role: 'assistant' as const, content: kept }]),
    { role: 'user', content: step === 'cut_off' ? CUT_OFF_SENTENCE : ASK_AGAIN_SENTENCE },
  ];
}
