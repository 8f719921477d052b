import { setTimeout as pause } from 'node:timers/promises';
import { takeStart } from '../protocol/index.ts';
import type {
  AnyJob,
  CheckedResult,
  CheckJob,
  Job,
  PrepareJob,
  PrepareResult,
  WorkerResult,
} from '../protocol/index.ts';
import type { Agent } from './agent/agent.ts';
import { createEvents } from './door/events.ts';
import type { FinalEvent } from './door/events.ts';
import { createPoster } from './door/post-json.ts';
import { forward } from './forward.ts';
import { readBaseEnvironment, readJob } from './read-job.ts';
import { runChecks } from './run-checks.ts';
import type { ChecksContext } from './run-checks.ts';
import { runPrepare } from './run-prepare.ts';
import type { PrepareContext } from './run-prepare.ts';
import { runWorker } from './run-worker.ts';
import type { WorkerContext } from './run-worker.ts';
import { createStopSignals } from './stop-signals.ts';

/**
 * What the worker's exit says to whoever runs it; the outcome of the task is in what was pushed and told, never in here.
 * 0: the result was delivered, whatever it was. 1: it failed and said so where it could. 2: no usable job. 3: the door
 * says that this attempt is over. 4: the door did not take the result in time.
 */
const EXIT = { delivered: 0, failed: 1, noJob: 2, gone: 3, lost: 4 } as const;

const FINISH_MS = 5 * 60_000;
const FINISH_WHEN_STOPPED_MS = 5_000;
const ORDER_SENTENCE =
  'The budget of this task is nearly used up. Leave the files in a good state and call finish now, with what is left to do in the summary.';

process.exit(process.argv[2] === '--warm' ? await warm() : await main(process.argv[2]));

/** Loads everything a job may need and does nothing, so that Node can keep what it compiled. */
async function warm(): Promise<number> {
  await Promise.all([
    import('./agent/builtin.ts'),
    import('./agent/command.ts'),
    import('./agent/program/programs.ts'),
  ]);
  return EXIT.delivered;
}

async function main(jobFile: string | undefined): Promise<number> {
  const read = readJob(jobFile);
  if (!read.ok) {
    console.error(read.reason);
    return EXIT.noJob;
  }
  const { job } = read;
  const signals = createStopSignals(job.timeoutMs);
  const place = job.door.remote ?? job.door.socketPath;
  const forwarder = place === undefined ? null : await forward(job.door.url, place);
  const doorUrl = forwarder?.url ?? job.door.url;
  const redact = (text: string): string => text.replaceAll(job.door.token, '[token]');
  const events = createEvents({
    post: createPoster({ url: doorUrl, token: job.door.token }),
    heartbeatMs: job.heartbeatMs,
    redact,
    onCommand: (order) => {
      if (order === 'stop' || order === 'gone') {
        signals.requestStop(order === 'stop' ? 'order' : 'gone');
      } else if (order === 'wrap_up') {
        signals.requestWrapUp(ORDER_SENTENCE);
      }
    },
  });
  try {
    const context = { doorUrl, baseEnv: readBaseEnvironment(job.environment), events, signals, redact };
    const ended = await run(job, context);
    const told = await events.finish(
      redactEvent(ended, redact),
      signals.stop.aborted ? FINISH_WHEN_STOPPED_MS : FINISH_MS,
    );
    const failed = ended.result.ending === 'error' ? EXIT.failed : EXIT.delivered;
    return told === 'delivered' ? failed : EXIT[told];
  } finally {
    events.close();
    forwarder?.close();
    signals.dispose();
  }
}

type JobContext = Omit<PrepareContext, 'job'>;

async function run(job: AnyJob, context: JobContext): Promise<FinalEvent> {
  switch (job.kind) {
    case 'prepare':
      return prepare(job, context);
    case 'check':
      return check(job, context);
    default:
      return work(job, context);
  }
}

async function check(job: CheckJob, context: Omit<ChecksContext, 'job'>): Promise<FinalEvent> {
  const result = await runChecks({ ...context, job }).catch((error: unknown): CheckedResult => {
    return { ending: 'error', reason: explain(error, context.redact) };
  });
  return { type: 'checked', result };
}

async function prepare(job: PrepareJob, context: Omit<PrepareContext, 'job'>): Promise<FinalEvent> {
  const result = await runPrepare({ ...context, job }).catch((error: unknown): PrepareResult => {
    return { ending: 'error', runs: [], reason: explain(error, context.redact) };
  });
  return { type: 'prepared', result };
}

async function work(job: Job, context: Omit<WorkerContext, 'job' | 'agent'>): Promise<FinalEvent> {
  const agent = loadAgent(job);
  // It is waited for later; failing meanwhile must not end the process
  agent.catch(() => undefined);
  const result = await runWorker({ ...context, job, agent }).catch((error: unknown): WorkerResult => {
    return { ending: 'error', summary: '', questions: [], turns: 0, reason: explain(error, context.redact) };
  });
  return { type: 'finished', result };
}

function explain(error: unknown, redact: (text: string) => string): string {
  const reason = takeStart(redact(error instanceof Error ? error.message : String(error)), 2_000);
  console.error(reason);
  return reason;
}

/** The token of the attempt has no quotes or escapes, so it is found in the JSON as it is. */
function redactEvent(event: FinalEvent, redact: (text: string) => string): FinalEvent {
  return JSON.parse(redact(JSON.stringify(event))) as FinalEvent;
}

/** Imports the agent after the first event and the clone have been started, because its library takes a while. */
async function loadAgent({ agent }: Job): Promise<Agent> {
  await pause(0);
  switch (agent.kind) {
    case 'builtin':
      return (await import('./agent/builtin.ts')).builtinAgent;
    case 'command':
      return (await import('./agent/command.ts')).commandAgent;
    default:
      return (await import('./agent/program/programs.ts')).programAgent(agent.kind);
  }
}
