import { expect, test } from 'vitest';
import { readReply } from '../../worker/agent/read-reply.ts';

const TEXT = { type: 'text', text: 'words' };
const BLANK = { type: 'text', text: ' \n' };
const THINKING = { type: 'thinking', thinking: 'hm' };
const CALL = { type: 'tool_use', name: 'bash', input: {} };

test.each([
  ['a call with its own stop reason', [CALL], 'tool_use', 'run_tools'],
  ['a call with end_turn', [TEXT, CALL], 'end_turn', 'run_tools'],
  ['a call with null', [CALL], null, 'run_tools'],
  ['a call with an unknown reason', [CALL], 'later', 'run_tools'],
  ['a call with pause_turn', [CALL], 'pause_turn', 'run_tools'],
  ['a call that a limit may have cut', [CALL], 'max_tokens', 'cut_off'],
  ['two calls of which a limit may have cut the last', [CALL, CALL], 'max_tokens', 'cut_off'],
  ['a whole call before words that were cut', [CALL, TEXT], 'max_tokens', 'run_tools'],
  ['a call in a full context', [CALL], 'model_context_window_exceeded', 'too_long'],
  ['a call that was taken back', [CALL], 'refusal', 'refused'],
  ['words', [TEXT], 'end_turn', 'done'],
  ['words and a stop sequence', [THINKING, TEXT], 'stop_sequence', 'done'],
  ['words that were cut', [TEXT], 'max_tokens', 'cut_off'],
  ['words that filled the context', [TEXT], 'model_context_window_exceeded', 'too_long'],
  ['words and a pause', [TEXT], 'pause_turn', 'paused'],
  ['words with null', [TEXT], null, 'unclear'],
  ['words with an unknown reason', [TEXT], 'later', 'unclear'],
  ['words that promise a call', [TEXT], 'tool_use', 'unclear'],
  ['nothing', [], 'end_turn', 'empty'],
  ['nothing with null', [], null, 'empty'],
  ['blanks', [BLANK], 'end_turn', 'empty'],
  ['thinking alone', [THINKING], 'end_turn', 'empty'],
  ['thinking that was cut', [THINKING], 'max_tokens', 'cut_off'],
  ['thinking and a pause', [THINKING], 'pause_turn', 'paused'],
])('%s', (_name, content, stop, expected) => {
  expect(readReply({ content, stop_reason: stop })).toBe(expected);
});
