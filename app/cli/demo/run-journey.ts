import { stageRepository } from '../../../demo/any-repository.ts';
import type { RepositorySource } from '../../../demo/any-repository.ts';
import { stageStory, story } from '../../../demo/story.ts';
import type { Comment } from '../../../demo/github/state/world.ts';
import { formatUsd } from '../../budget/money.ts';
import type { TaskEvent } from '../../task/events.ts';
import type { Attempt } from '../../task/attempt.ts';
import type { Task } from '../../task/task.ts';
import { withTimeout } from '../../telemetry/with-timeout.ts';
import type { DemoServers } from './start-demo-servers.ts';

/** The document of `bosun demo --once --json`. Times are milliseconds since the command was posted. */
export interface Journey {
  readonly task: { readonly id: string; readonly state: string; readonly epoch: number };
  readonly pull_request: {
    readonly number: number;
    readonly url: string;
    readonly draft: boolean;
    readonly head_sha: string;
    readonly branch: string;
  } | null;
  readonly comment: { readonly url: string; readonly body: string } | null;
  readonly check_run: {
    readonly name: string;
    readonly conclusion: string | null;
    readonly title: string | null;
    readonly summary: string | null;
    readonly url: string;
  } | null;
  readonly cost: { readonly usd: string; readonly by_model: Readonly<Record<string, string>> };
  readonly timings_ms: Readonly<
    Record<'ack' | 'claimed' | 'hydrated' | 'started' | 'pushed' | 'published' | 'total', number | null>
  >;
  readonly issue_url: string;
  /** Only with a repository of one's own. */
  readonly setup?: {
    readonly command: string;
    readonly source: 'detected' | 'file';
    readonly ms: number;
    readonly from_snapshot: boolean;
    readonly exit_code: number | null;
    readonly cause: string | null;
  } | null;
  readonly verify?: {
    readonly command: string;
    readonly source: 'detected' | 'file';
    readonly exit_code: number | null;
    readonly ms: number | null;
  } | null;
}

/** The command was answered, and started nothing: its message is the answer. */
export class NotStarted extends Error {
  override readonly name = 'NotStarted';
}

const PATIENCE_MS = 120_000;
/** A repository of one's own may take its time to be set up and tested. */
const SET_UP_PATIENCE_MS = 45 * 60_000;
/** Real work ends by the limits of its task, and waits for an unavailable provider for a day. */
const WORK_PATIENCE_MS = 26 * 3_600_000;

/** Stages the story, has the maintainer say `/implement`, tells each event as it happens, and reads the end off GitHub. */
export async function runJourney(
  stage: DemoServers,
  options: {
    onEvent: (event: TaskEvent, sinceMs: number) => void;
    /** Another repository than the story's. */
    repository?: RepositorySource | null;
    /** What its issue says, and the command below it; the demonstration's when absent. */
    asked?: { readonly title: string; readonly body: string; readonly command: string };
  },
): Promise<Journey> {
  const { bosun, github } = stage;
  const own = options.repository ?? null;
  const { issue, repository } =
    own === null
      ? { repository: story.repository, issue: await stageStory(github) }
      : await stageRepository(github, own, options.asked);
  await github.settled();
  const thread = { repository, number: issue.number };
  const startedAt = Date.now();
  const watch = watchEvents(stage, (event) => options.onEvent(event, event.at.getTime() - startedAt));
  const command = github.comment(thread, { as: story.maintainer, body: options.asked?.command ?? story.command });
  const shown = github.waitForRequest(() => isShown(stage, { thread, isOwn: own !== null }));
  const acknowledged = github.waitForRequest(
    (request) => request.method === 'POST' && request.path.endsWith(`/comments/${command.id}/reactions`),
  );
  await withTimeout(patienceOf(options), shown, 'the task');
  const endedAt = Date.now();
  await watch.stop();
  const [task] = await bosun.storage.stores.tasks.list({ limit: 1 });
  if (task === undefined) {
    throw new NotStarted(replies(stage, thread).at(-1)?.body ?? 'the command did not create a task');
  }
  const reaction = await acknowledged;
  return describe(stage, task, {
    thread,
    startedAt,
    ackMs: reaction.at.getTime() + reaction.durationMs - startedAt,
    totalMs: endedAt - startedAt,
    isOwn: own !== null,
  });
}

function patienceOf({ asked, repository = null }: Parameters<typeof runJourney>[1]): number {
  if (asked !== undefined) {
    return WORK_PATIENCE_MS;
  }
  return repository === null ? PATIENCE_MS : SET_UP_PATIENCE_MS;
}

interface Facts {
  readonly thread: { readonly repository: string; readonly number: number };
  readonly startedAt: number;
  readonly ackMs: number;
  readonly totalMs: number;
  readonly isOwn: boolean;
}

async function describe(stage: DemoServers, task: Task, facts: Facts): Promise<Journey> {
  const { github } = stage;
  const { stores } = stage.bosun.storage;
  const events = await stores.tasks.events(task.id);
  const totals = await stores.attempts.totals(task.id);
  const attempt = await stores.attempts.find({ taskId: task.id, epoch: task.epoch });
  const pull = github.pulls(facts.thread.repository).at(0);
  const check = github.checkRuns(facts.thread.repository).at(-1);
  const comment = statusComment(stage, facts.thread);
  const base = `${github.url}/${facts.thread.repository}`;
  function at(kind: TaskEvent['kind']): number | null {
    const event = events.find((candidate) => candidate.kind === kind);
    return event === undefined ? null : event.at.getTime() - facts.startedAt;
  }
  return {
    task: { id: task.id, state: task.state, epoch: task.epoch },
    pull_request:
      pull === undefined || pull.pull === null
        ? null
        : {
            number: pull.number,
            url: `${base}/pull/${pull.number}`,
            draft: pull.pull.draft,
            head_sha: task.publication.headSha ?? '',
            branch: task.branch,
          },
    comment:
      comment === null
        ? null
        : { url: `${base}/issues/${facts.thread.number}#issuecomment-${comment.id}`, body: comment.body },
    check_run:
      check === undefined
        ? null
        : {
            name: check.name,
            conclusion: check.conclusion,
            title: check.output.title,
            summary: check.output.summary,
            url: `${base}/runs/${check.id}`,
          },
    cost: {
      usd: formatUsd(task.spentNano),
      by_model: Object.fromEntries(totals.map((total) => [total.model, formatUsd(total.costNano)])),
    },
    timings_ms: {
      ack: Math.round(facts.ackMs),
      claimed: at('task.claimed'),
      hydrated: at('task.hydrated'),
      started: at('task.started'),
      pushed: at('task.pushed'),
      published: at('task.published'),
      total: facts.totalMs,
    },
    issue_url: `${base}/issues/${facts.thread.number}`,
    ...(facts.isOwn ? describeEnvironment(attempt) : {}),
  };
}

function describeEnvironment(attempt: Attempt | null): Pick<Journey, 'setup' | 'verify'> {
  const { prepared, setup, verify } = attempt?.environment ?? { prepared: null, setup: null, verify: null };
  const [check] = attempt?.environment?.checks ?? [];
  const head = attempt?.checkResults?.[0]?.head;
  return {
    setup:
      setup === null
        ? null
        : {
            command: setup.commands.join('\n'),
            source: setup.source,
            ms: prepared?.durationMs ?? 0,
            from_snapshot: prepared?.fromSnapshot ?? false,
            exit_code: prepared?.exitCode ?? null,
            cause: prepared?.cause ?? null,
          },
    verify:
      check === undefined
        ? null
        : {
            command: check.run,
            source: verify?.source ?? 'file',
            exit_code: head?.exitCode ?? null,
            ms: head?.durationMs ?? null,
          },
  };
}

/** The end is on GitHub when the status comment no longer tells of waiting or working, and where there is a pull request its check run does too. */
function isShown(stage: DemoServers, { isOwn, thread }: Pick<Facts, 'isOwn' | 'thread'>): boolean {
  const comment = statusComment(stage, thread);
  if (comment === null) {
    // On the story's issue a stranger is answered as well.
    return isOwn && replies(stage, thread).length > 0;
  }
  const pulls = stage.github.pulls(thread.repository);
  const checks = stage.github.checkRuns(thread.repository);
  const checked = pulls.length === 0 || checks.some((check) => check.status === 'completed');
  return !/^### (🕓|📖|🔨|🔎)/mu.test(comment.body) && checked;
}

function statusComment(stage: DemoServers, thread: Facts['thread']): Comment | null {
  return ownComments(stage, thread).findLast((comment) => !isReply(comment)) ?? null;
}

/** What a command was answered with that became no task. */
function replies(stage: DemoServers, thread: Facts['thread']): Comment[] {
  return ownComments(stage, thread).filter(isReply);
}

function ownComments(stage: DemoServers, thread: Facts['thread']): Comment[] {
  return stage.github.comments(thread).filter((comment) => comment.user.login === stage.github.app.botLogin);
}

function isReply({ body }: Comment): boolean {
  return body.startsWith('<!-- bosun:reply-');
}

/** Reads the events of every task as they are written, in order, each once. */
export function watchEvents(stage: DemoServers, onEvent: (event: TaskEvent) => void): { stop(): Promise<void> } {
  const { database, stores } = stage.bosun.storage;
  let seen = 0;
  let reading: Promise<void> = Promise.resolve();
  async function read(): Promise<void> {
    for (const task of await stores.tasks.list({ limit: 10 })) {
      for (const event of await stores.tasks.events(task.id, { afterSeq: seen })) {
        seen = event.seq;
        onEvent(event);
      }
    }
  }
  const listening = database.listen('bosun_wake', () => {
    reading = reading.then(read);
  });
  return {
    async stop() {
      await (await listening).stop();
      await reading;
      await read();
    },
  };
}

/** Whether the task got where it should. */
export function hasSucceeded(journey: Journey): boolean {
  return journey.task.state === 'COMPLETED' && journey.pull_request !== null;
}
