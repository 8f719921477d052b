import { setTimeout as wait } from 'node:timers/promises';
import type { RequestRecord } from '../../demo/github/http/request-log.ts';
import type { TaskFacts } from './run-bosun.ts';
import { MAINTAINER, REPOSITORY, type JourneySetup } from './prepare-journeys.ts';

/** Milliseconds from the comment to each point of one journey. */
export interface Journey {
  readonly acknowledgedMs: number;
  readonly submittedMs: number;
  readonly claimedMs: number;
  readonly hydratedMs: number;
  readonly startedMs: number;
  readonly firstRequestMs: number;
  readonly lastPushMs: number;
  readonly sessionEndedMs: number;
  readonly publishedPushMs: number;
  readonly pullOpenedMs: number;
  readonly shownMs: number;
}

const PATIENCE_MS = 60_000;

/** A maintainer says `/implement` on a new issue; resolves when the status comment tells of the pull request. */
export async function runTask(stage: JourneySetup): Promise<Journey> {
  const { github, model } = stage;
  const issue = github.openIssue(REPOSITORY, { as: MAINTAINER, title: 'Write the notes down', body: 'In NOTES.md.' });
  await github.settled();
  const calls = model.calls.length;
  const pulls = github.pulls(REPOSITORY).length;
  const thread = { repository: REPOSITORY, number: issue.number };
  const firstCall = model.waitForCall(calls + 1).then(() => Date.now());
  const startedAt = Date.now();
  const command = github.comment(thread, { as: MAINTAINER, body: '/implement' });
  const [acknowledged, pull, shown] = await inTime(
    Promise.all([
      github.waitForRequest(
        ({ method, path }) => method === 'POST' && path.endsWith(`/comments/${command.id}/reactions`),
      ),
      github.waitForRequest(
        (request) =>
          request.method === 'POST' &&
          request.path.endsWith('/pulls') &&
          github.pulls(REPOSITORY).length > pulls &&
          endOf(request) > startedAt,
      ),
      github.waitForRequest(
        (request) => endOf(request) > startedAt && github.comments(thread).some(({ body }) => body.includes('### ✅')),
      ),
    ]),
  );
  const task = await findTask(stage, issue.number);
  const since = (kind: string): number => (task.events[kind] ?? Number.NaN) - startedAt;
  return {
    acknowledgedMs: endOf(acknowledged) - startedAt,
    submittedMs: since('task.submitted'),
    claimedMs: since('task.claimed'),
    hydratedMs: since('task.hydrated'),
    startedMs: since('task.started'),
    firstRequestMs: (await firstCall) - startedAt,
    lastPushMs: (task.lastPushAt ?? Number.NaN) - startedAt,
    sessionEndedMs: since('task.session_ended'),
    publishedPushMs: since('task.pushed'),
    pullOpenedMs: endOf(pull) - startedAt,
    shownMs: endOf(shown) - startedAt,
  };
}

function endOf(request: RequestRecord): number {
  return request.at.getTime() + request.durationMs;
}

async function findTask({ bosun }: JourneySetup, issue: number): Promise<TaskFacts> {
  for (;;) {
    const task = await bosun.call<TaskFacts | null>('taskOf', issue);
    if (task !== null) {
      if (task.state !== 'COMPLETED') {
        throw new Error(`The task of issue ${issue} ended as ${task.state}.`);
      }
      return task;
    }
    await wait(20);
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const closing = new AbortController();
  const late = wait(PATIENCE_MS, undefined, { signal: closing.signal }).then(() => {
    throw new Error(`The journey did not end within ${PATIENCE_MS / 1_000} seconds.`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    closing.abort();
  }
}
