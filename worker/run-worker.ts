import { mkdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { takeStart } from '../protocol/index.ts';
import type { Job, WorkerResult } from '../protocol/index.ts';
import type { Agent, AgentEnding } from './agent/agent.ts';
import { createConversationStore } from './door/conversation-store.ts';
import type { ConversationStore } from './door/conversation-store.ts';
import type { Events } from './door/events.ts';
import { fetchEnvironment, homeOf } from './carry-environment.ts';
import { checkOutUnlessStopped } from './git/checkout.ts';
import { authorship } from './git/git-environment.ts';
import { createWorkKeeper } from './git/save-work.ts';
import type { Saved, WorkKeeper } from './git/save-work.ts';
import { retryDoor, wasDoorUnavailable } from './retry-door.ts';
import type { StopSignals } from './stop-signals.ts';
import { toolEnvironment } from './tool-environment.ts';

export interface WorkerContext {
  readonly job: Job;
  /** The door's base URL as programs see it. */
  readonly doorUrl: string;
  readonly baseEnv: Readonly<Record<string, string>>;
  readonly events: Events;
  readonly signals: StopSignals;
  /** Loads while the clone runs. */
  readonly agent: Promise<Agent>;
  readonly redact: (text: string) => string;
}

const SAVE_EVERY_TURNS = 5;
const AGENT_STOP_MS = 3_000;
/** Of the ten seconds a worker is given when it is asked to stop. */
const SAVE_WHEN_STOPPED_MS = 5_000;
const CONVERSATION_WHEN_STOPPED_MS = 1_000;
const CONVERSATION_MS = 30_000;

/** Does the job from clone to last push and says how it ended. Throws only when there was nothing to work on. */
export async function runWorker(context: WorkerContext): Promise<WorkerResult> {
  const { job, events, signals } = context;
  events.tell({ type: 'progress', phase: 'clone' });
  const scratch = path.join(job.workDir, 'agent');
  await mkdir(scratch, { recursive: true });
  if (job.carriesEnvironment === 'fetch') {
    await fetchEnvironment({ ...context, home: homeOf(context) });
  }
  const checkout = await checkOutUnlessStopped(context);
  if (checkout === null) {
    const ending = stoppedBefore();
    return result({ ...ending, questions: [], ...explainStop(ending, signals) });
  }
  const keeper = createWorkKeeper(job, checkout);
  const env = {
    ...toolEnvironment(context.baseEnv, { repository: checkout.repository, network: 'none' }),
    ...authorship(job),
  };

  const conversations = createConversationStore({ url: context.doorUrl, token: job.door.token });

  const ending = signals.stop.aborted
    ? stoppedBefore()
    : await runAgent(context, { repository: checkout.repository, scratch, env, keeper, conversations });
  const saved = await keepAtLast(context, { keeper, message: composeMessage(ending) });
  await conversations.settled(signals.stop.aborted ? CONVERSATION_WHEN_STOPPED_MS : CONVERSATION_MS);
  return result({
    ...ending,
    questions: [...ending.questions],
    ...explainStop(ending, signals),
    ...(saved.ok ? nameLeftOut(saved.leftOut) : describeLoss(ending, saved)),
  });
}

async function runAgent(
  context: WorkerContext,
  place: {
    repository: string;
    scratch: string;
    env: Record<string, string>;
    keeper: WorkKeeper;
    conversations: ConversationStore;
  },
): Promise<AgentEnding> {
  const { job, events, signals } = context;
  const agent = await context.agent;
  events.tell({ type: 'progress', phase: 'agent', turn: 0 });
  let turns = 0;
  const running = agent.run({
    job,
    repository: place.repository,
    directory: await findDirectory(place.repository, job.path),
    doorUrl: context.doorUrl,
    scratch: place.scratch,
    env: place.env,
    signal: signals.stop,
    wrapUp: signals.wrapUp,
    conversations: place.conversations,
    log: (text) => events.log('agent', text),
    onTurn: ({ turn, note }) => {
      turns = turn;
      events.tell({ type: 'progress', phase: 'agent', turn, note });
    },
    betweenTurns: async (turn) => {
      if (turn % SAVE_EVERY_TURNS === 0) {
        const save = { keeper: place.keeper, message: `Work in progress after ${turn} turns` };
        // The push needs the commit alone, so the agent does not wait for the door.
        await startKeeping(context, save).committed;
      }
    },
  });
  // An agent that does not hear the signal must not keep its work from being saved
  const overdue = new Promise<AgentEnding>((resolve) => {
    signals.stop.addEventListener('abort', () => {
      void pause(AGENT_STOP_MS, undefined, { ref: false }).then(() =>
        resolve({ ending: 'stopped', summary: '', questions: [], turns }),
      );
    });
  });
  return Promise.race([running, overdue]);
}

/** The sub-directory the work is about, when it is one of the repository; else the root. */
async function findDirectory(repository: string, below: string | undefined): Promise<string> {
  const root = await realpath(repository);
  if (below === undefined) {
    return root;
  }
  const directory = await realpath(path.join(root, below)).catch(() => root);
  const isInside = directory.startsWith(`${root}/`) && (await stat(directory)).isDirectory();
  return isInside ? directory : root;
}

function startKeeping(
  { events }: WorkerContext,
  { keeper, message }: { keeper: WorkKeeper; message: string },
): { committed: Promise<unknown>; saved: Promise<Saved> } {
  const { committed, saved } = keeper.save(message);
  const reported = saved.then((result) => {
    if (!result.ok) {
      events.log('worker', `The work could not be saved yet: ${result.reason}\n`);
    } else if (result.leftOut.length > 0) {
      events.log('worker', `Left out of the commit: ${result.leftOut.join(', ')}\n`);
    }
    if (result.ok && result.pushed) {
      events.tell({ type: 'progress', phase: 'push', note: message.split('\n')[0] ?? '' });
    }
    return result;
  });
  return { committed, saved: reported };
}

/** The last save, which has to get through: nothing is thrown away because the door was unavailable for a moment. */
async function keepAtLast(context: WorkerContext, save: { keeper: WorkKeeper; message: string }): Promise<Saved> {
  const { signals } = context;
  if (signals.whyStopped() === 'gone') {
    return { ok: false, reason: 'the attempt is over' };
  }
  const until = signals.stop.aborted ? performance.now() + SAVE_WHEN_STOPPED_MS : signals.windUpAt;
  return retryDoor(() => startKeeping(context, save).saved, {
    until,
    // When stop comes while the door is unavailable there is still time; the deadline above ends it
    signal: new AbortController().signal,
    isWorthwhile: (failed) => !failed.ok && wasDoorUnavailable(failed.reason),
  });
}

function composeMessage({ ending, summary, turns }: AgentEnding): string {
  const title = summary
    .split('\n')
    .map((line) => line.replace(/^[#*\s-]+/, '').trim())
    .find((line) => line !== '');
  const isDone = ending === 'done' && title !== undefined;
  return isDone ? `${takeStart(title, 72)}\n\n${summary}\n` : `Work in progress after ${turns} turns\n`;
}

function stoppedBefore(): AgentEnding {
  return { ending: 'stopped', summary: '', questions: [], turns: 0 };
}

function explainStop({ ending }: AgentEnding, signals: StopSignals): Partial<WorkerResult> {
  const reason = describeStop(signals);
  return ending !== 'stopped' || reason === null ? {} : { reason };
}

/** Why the session was asked to stop; null when it was not. */
export function describeStop(signals: StopSignals): string | null {
  const why = signals.whyStopped();
  const reasons = {
    order: 'the door asked to stop',
    signal: 'the worker was asked to stop',
    deadline: 'the time for the attempt was used up',
    gone: 'the attempt is over',
  };
  return why === null ? null : reasons[why];
}

/** Work that could not be saved is an error, whatever the agent says; of an attempt that is over nothing was to be saved. */
function describeLoss({ ending }: AgentEnding, { reason }: { reason: string }): Partial<WorkerResult> {
  return ending === 'stopped'
    ? { reason: takeStart(reason, 2_000) }
    : { ending: 'error', reason: takeStart(reason, 2_000) };
}

const MAX_LEFT_OUT = 30;

/** What is not in the commit although the repository does not ignore it, so that people learn of it. */
function nameLeftOut(leftOut: readonly string[]): Partial<WorkerResult> {
  const names = leftOut.slice(0, MAX_LEFT_OUT).map((name) => takeStart(name, 300));
  const rest = leftOut.length - names.length;
  return leftOut.length === 0 ? {} : { leftOut: rest > 0 ? [...names, `${rest} more`] : names };
}

function result(given: Partial<WorkerResult> & Pick<WorkerResult, 'ending'>): WorkerResult {
  return { summary: '', questions: [], turns: 0, ...given };
}
