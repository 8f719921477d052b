import { takeStart } from '../../../protocol/index.ts';
import type { ProcessEnding } from '../../process/run-process.ts';
import type { AgentEnding } from '../agent.ts';
import { cut } from '../agent-report.ts';
import { endingOf } from '../relay/model-refusal.ts';
import type { ModelRefusal } from '../relay/model-refusal.ts';
import type { ResultFile } from './read-result-file.ts';

/** Everything that is known when an agent that is a program has ended. */
export interface ProgramFacts {
  /** What it is called in messages: `Claude Code`, `the agent command`. */
  readonly title: string;
  /** Names the program in a message about one that is missing. */
  readonly program: string;
  /** Where it comes from, for the same message. */
  readonly source: string | null;
  readonly ended: Pick<ProcessEnding, 'ending' | 'exitCode' | 'outputTail'>;
  /** The worker was asked to stop. */
  readonly stopped: boolean;
  readonly turns: number;
  /** Why the last request to the model was not answered; null when it was. */
  readonly refusal: ModelRefusal | null;
  readonly result: ResultFile;
  /** What it printed; null for a program of which no form is expected. */
  readonly printed: PrintedFacts | null;
}

export interface PrintedFacts {
  readonly events: number;
  readonly words: string;
  readonly fault: string;
}

/** Refusals for what an agent asked, not for the asking: one that works around them may well be done. */
const ASKED_WRONGLY = new Set([
  'UNKNOWN_MODEL',
  'NO_PRICE',
  'FORBIDDEN_TOOL',
  'FORBIDDEN_FIELD',
  'BAD_REQUEST',
  'NOT_FOUND',
]);

/** How the agent ended. What the door refused goes before an exit code, which says the same in each program's own way. */
export function concludeProgram(facts: ProgramFacts): AgentEnding {
  const { result, printed, turns } = facts;
  const report = result.kind === 'report' ? result.report : null;
  const words = cut(printed?.words.trim() ?? '', 20_000);
  const account = { summary: report?.summary || words, questions: [], turns };
  const failed = explain(facts);
  if (failed !== null) {
    return { ...account, ...failed };
  }
  return report === null ? { ...account, ending: 'done' } : { ...account, ...report, summary: account.summary };
}

type Ended = Pick<AgentEnding, 'ending' | 'code' | 'reason'>;

/** Why it is not done, in the order in which one cause hides another; null when it is done or has a question. */
function explain(facts: ProgramFacts): Ended | null {
  const { ended, refusal, result, printed, title, turns } = facts;
  if (facts.stopped) {
    return { ending: 'stopped' };
  }
  const isDone = ended.ending === 'exited' && ended.exitCode === 0 && (printed === null || printed.fault === '');
  if (refusal !== null && !(isDone && ASKED_WRONGLY.has(refusal.code))) {
    return endingOf(refusal);
  }
  if (ended.ending !== 'exited') {
    return { ending: 'stopped' };
  }
  if (ended.exitCode === 126 || ended.exitCode === 127) {
    return { ending: 'agent_error', code: 'AGENT_NOT_FOUND', reason: explainMissing(facts) };
  }
  if (ended.exitCode !== 0) {
    const how = ended.exitCode === null ? 'a signal' : `exit code ${ended.exitCode}`;
    const why = printed?.fault || lastLine(ended.outputTail);
    return { ending: 'agent_error', reason: takeStart(`${title} ended with ${how}: ${why}`, 1_000) };
  }
  if (result.kind === 'fault') {
    return { ending: 'agent_error', reason: result.fault };
  }
  if (printed === null) {
    return null;
  }
  if (printed.events === 0) {
    const why = `${title} printed no JSON, so its result is unknown: ${lastLine(ended.outputTail)}`;
    return { ending: 'agent_error', code: 'AGENT_OUTPUT', reason: takeStart(why, 1_000) };
  }
  if (printed.fault !== '') {
    return { ending: 'agent_error', reason: takeStart(`${title} failed: ${printed.fault}`, 1_000) };
  }
  return turns === 0
    ? {
        ending: 'agent_error',
        code: 'AGENT_DID_NOTHING',
        reason: `${title} ended without asking the model for anything`,
      }
    : null;
}

function explainMissing({ ended, program, source, title }: ProgramFacts): string {
  const said = lastLine(ended.outputTail);
  const what =
    ended.exitCode === 127
      ? `the program \`${program}\` was not found in the worker`
      : `the program \`${program}\` could not be started in the worker`;
  const install = source === null ? '' : ` Install it (\`npm install -g ${source}\`), then`;
  const advice = `${install === '' ? ' Let' : `${install} let`} BOSUN_WORKER_PATHS name the directory it lies in: the worker sees only /usr and these directories.`;
  return takeStart(`${title}: ${what} (${said}).${advice}`, 1_000);
}

function lastLine(output: string): string {
  return takeStart(output.trim().split('\n').at(-1) ?? '', 500) || 'it printed nothing';
}
