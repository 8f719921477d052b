import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createTokenGitHub } from '../app/github/create-token-github.ts';
import type { GitHub } from '../app/github/github.ts';
import { readIncoming } from '../app/intake/read-incoming.ts';
import type { Incoming } from '../app/admission/incoming.ts';
import { systemClock } from '../app/main/system.ts';
import { createMemoryQueue } from '../app/queue/memory-queue.ts';
import type { RenderOptions } from '../app/report/report-facts.ts';
import { createReporter, type Reporter } from '../app/report/reporter.ts';
import { createMemoryStores, type MemoryStores } from '../app/store/memory/create-memory-stores.ts';
import type { Task } from '../app/task/task.ts';
import type { Logger } from '../app/telemetry/log.ts';
import { cleanOutput } from '../app/text/clean-output.ts';
import { createRedactor } from '../app/text/redact.ts';
import { admitEvent } from './admit/admit-event.ts';
import { createEarlierCommentFinder, isOwnText } from './admit/find-earlier.ts';
import { deriveMarkerKey } from './admit/marker-key.ts';
import type { Inputs } from './read-inputs.ts';
import { concludeNotes, concludeTask, type Conclusion } from './result/decide-conclusion.ts';
import { dollars, followTask, type Following } from './result/follow-task.ts';
import { renderTaskSummary } from './result/write-results.ts';
import { endInsteadOfPausing } from './run/end-instead-of-pausing.ts';
import { adaptReports } from './run/adapt-reports.ts';
import { startModules } from './run/start-modules.ts';

export interface RunOptions {
  readonly version: string;
  readonly log: Logger;
  /** Shown on the page of the run, not only in its log. */
  readonly warn: (sentence: string) => void;
  /** The job was cancelled. */
  readonly signal: AbortSignal;
  readonly workerEntry: string;
}

export interface RunResult {
  readonly conclusion: Conclusion;
  readonly task: Task | null;
  /** Why nothing was started, or how it ended, for the log. */
  readonly note: string;
  /** Markdown for the page of the run. */
  readonly summary: string;
}

const SWEEP_MS = 30_000;
/** Longest to wait for GitHub to take the last words. */
const LAST_WORDS_MS = 60_000;
const CANCELLED_BY = { id: 0, login: 'the workflow run' };

/** Plays the journey of one event: the App's rooms around stores in memory, ended with the task. */
export async function runAction(inputs: Inputs, options: RunOptions): Promise<RunResult> {
  const { config, event } = inputs;
  // Events of workflows carry no installation; the one token stands for all.
  const payload = { ...event.payload, installation: { id: 0 } };
  const read = readIncoming({ name: event.name, payload }, { appId: null });
  if (read.kind === 'ignored') {
    return nothing('skipped', `Nothing to do: ${read.why}.`);
  }
  const { incoming } = read;
  const key = deriveMarkerKey(config.model.apiKey, incoming.repository.id);
  if (incoming.cause.kind === 'comment' && isOwnText(incoming.cause.body, key)) {
    return nothing('skipped', 'Nothing to do: the comment is one of Bosun’s own.');
  }
  const desk = openRunContext(inputs, { ...options, key });
  try {
    return await runEvent(incoming, { ...options, inputs, key, desk });
  } finally {
    await desk.close();
  }
}

interface RunContext {
  readonly stores: MemoryStores;
  readonly queue: ReturnType<typeof createMemoryQueue>;
  readonly github: GitHub;
  readonly reporter: Reporter;
  readonly redactor: ReturnType<typeof createRedactor>;
  readonly render: RenderOptions;
  /** Called for everything that someone should look at. */
  onChange: () => void;
  /** Resolves when GitHub shows everything, or does not take it in time. */
  showAll(): Promise<void>;
  close(): Promise<void>;
}

/** What every event needs, also one that is refused: stores, GitHub, and the reporter that answers on the thread. */
function openRunContext(inputs: Inputs, options: RunOptions & { key: Uint8Array }): RunContext {
  const { config, githubToken } = inputs;
  const { log } = options;
  const stores = endInsteadOfPausing(
    createMemoryStores({
      newKey: () => options.key,
      notify: (wakeUp) => {
        void queue.send(wakeUp);
        desk.onChange();
      },
    }),
  );
  const queue = createMemoryQueue({
    alarm: {
      clock: systemClock,
      sweepMs: SWEEP_MS,
      nextWakeAt: async () =>
        earlier(await stores.tasks.nextWakeAt(), await stores.reports.nextDueAt(systemClock.now())),
    },
  });
  const { apiUrl, serverUrl } = config.github;
  const github = adaptReports(
    createTokenGitHub({
      token: githubToken,
      apiUrl,
      userAgent: `bosun/${options.version}`,
      clock: systemClock,
      writeLocks: stores.writeLocks,
    }),
  );
  const render = {
    serverUrl,
    taskUrl: inputs.runUrl === null ? null : () => inputs.runUrl as string,
    clean: (markdown: string, shape: Parameters<RenderOptions['clean']>[1]) =>
      cleanOutput(markdown, { ...shape, serverUrl }),
  };
  const findEarlierComment = createEarlierCommentFinder(github, options.key);
  const reporter = createReporter({
    stores: { ...stores, reports: { ...stores.reports, findEarlierComment } },
    github: () => github,
    queue,
    holder: 'action',
    appId: null,
    clock: systemClock,
    render,
    log,
  });
  reporter.start();
  const desk: RunContext = {
    stores,
    queue,
    github,
    reporter,
    redactor: createRedactor([githubToken, config.model.apiKey]),
    render,
    onChange: () => undefined,
    showAll: () => showAll(stores, reporter, log),
    async close() {
      await reporter.stop();
      await queue.close();
    },
  };
  return desk;
}

async function runEvent(
  incoming: Incoming,
  context: RunOptions & { inputs: Inputs; key: Uint8Array; desk: RunContext },
): Promise<RunResult> {
  const { desk, inputs, log } = context;
  const note = await admitEvent(incoming, { ...context, ...desk });
  const [task] = await desk.stores.tasks.list({ limit: 1 });
  if (task === undefined) {
    await desk.showAll();
    return nothing(concludeNotes(note), `No task was started: ${note}.`);
  }
  log.info('Task accepted', { taskId: task.id, issue: `#${task.thread.number}`, budget: dollars(task.budgetNano) });
  // As root the worker becomes another user, who could not pass through a directory of root's.
  const dataDir = await mkdtemp(path.join(process.getuid?.() === 0 ? tmpdir() : inputs.temporary, 'bosun-'));
  try {
    const ended = await runTask(task, { ...context, dataDir });
    const conclusion = concludeTask(ended);
    const summary = await renderTaskSummary(ended, desk);
    const why = ended.failure === null ? '' : ` ${ended.failure.title}. ${ended.failure.remedy}`;
    return { conclusion, task: ended, note: `Task ${ended.state} for ${dollars(ended.spentNano)}.${why}`, summary };
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function runTask(
  task: Task,
  context: RunOptions & { inputs: Inputs; desk: RunContext; dataDir: string },
): Promise<Task> {
  const { desk, inputs, log, signal } = context;
  const following: Following = followTask(task.id, { tasks: desk.stores.tasks, log });
  desk.onChange = following.look;
  const artifactsDir = path.join(inputs.temporary, 'bosun');
  const rooms = await startModules({
    ...context,
    ...desk,
    config: inputs.config,
    compute: inputs.compute,
    artifactsDir,
  });
  function cancel(): void {
    log.warn('The job was cancelled; the worker is stopped and the issue is updated');
    const now = systemClock.now();
    const stop = { kind: 'cancel' as const, by: CANCELLED_BY, at: now };
    desk.stores.tasks
      .requestStop({ taskId: task.id, stop, now })
      .catch((error: unknown) => log.error('The task could not be cancelled', { error }));
  }
  if (signal.aborted) {
    cancel();
  }
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const ended = await following.ended;
    // First of all: the runner gives a cancelled job little time.
    await desk.showAll();
    return ended;
  } finally {
    signal.removeEventListener('abort', cancel);
    await rooms.stop();
  }
}

/** Reports until nothing is left to show, as long as GitHub takes it. */
async function showAll(stores: MemoryStores, reporter: Reporter, log: Logger): Promise<void> {
  const deadline = Date.now() + LAST_WORDS_MS;
  for (;;) {
    await reporter.runOnce();
    const isSaid = [...stores.state.outbox.values()].every((message) => message.settled);
    const dueAt = await stores.reports.nextDueAt(systemClock.now());
    // What is to be looked at only after the run, such as a review, is not waited for.
    if (isSaid && (dueAt === null || dueAt.getTime() > deadline)) {
      return;
    }
    if (Date.now() > deadline) {
      log.warn('GitHub did not take every message; the issue may not show the end');
      return;
    }
    await pause(100);
  }
}

function nothing(conclusion: Conclusion, note: string): RunResult {
  return { conclusion, task: null, note, summary: `## Bosun: ${conclusion}\n\n${note}\n` };
}

function earlier(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) {
    return a ?? b;
  }
  return a < b ? a : b;
}
