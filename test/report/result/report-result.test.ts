import { expect, test } from 'vitest';
import type { GitHub, GitHubProblem, ReviewFacts, ReviewThreadFacts } from '../../../app/github/github.ts';
import type { ReportContext } from '../../../app/report/report-context.ts';
import type { ReportFacts } from '../../../app/report/report-facts.ts';
import { reportReview } from '../../../app/report/result/report-review.ts';
import { reportThreads } from '../../../app/report/result/report-threads.ts';
import type { ReportState } from '../../../app/store/stores.ts';
import { fingerprintOf } from '../../../app/task/findings.ts';
import { createMarker } from '../../../app/text/marker.ts';
import { makeAttempt, makeTask, OPTIONS, START } from '../make-facts.ts';

const KEY = Buffer.alloc(32, 7);
const FINDING = { path: 'a.js', line: 2, title: 'Wrong', body: 'Really.' };
const HEAD = 'c'.repeat(40);

/** A pull request with a file and a thread, and what was written on it; time passes with every look. */
function open({ refuses = null as GitHubProblem | null, dies = '' } = {}) {
  const reviews: ReviewFacts[] = [];
  const inline: { path: string; line: number; body: string }[] = [];
  const threads: ReviewThreadFacts[] = [];
  let saved: ReportState | null = null;
  let at = START.getTime() + 3_600_000;
  let crash = dies;
  const author = { id: 1, login: 'bosun', isBot: true };
  const github = {
    fetchReviewFacts: async () => ({ ok: true, value: [...reviews] }),
    fetchReviewThreads: async () => ({ ok: true, value: [...threads] }),
    fetchChangedFiles: async () => ({
      ok: true,
      value: {
        mergeBaseSha: 'b',
        files: [{ path: 'a.js', status: 'modified', patch: '@@ -1,2 +1,2 @@\n one\n-two\n+2' }],
      },
    }),
    createReview: async ({ comments, body }: { comments: typeof inline; body: string }) => {
      if (refuses !== null && comments.length > 0) {
        return { ok: false, problem: refuses };
      }
      reviews.push({ id: reviews.length + 1, body, url: '', author, state: 'commented', commitSha: HEAD });
      inline.push(...comments);
      return { ok: true, value: { id: reviews.length, url: '' } };
    },
    replyToThread: async ({ body, threadId }: { body: string; threadId: string }) => {
      const index = threads.findIndex(({ id }) => id === threadId);
      const thread = threads[index] ?? expect.fail('there is no such thread');
      threads[index] = { ...thread, comments: [...thread.comments, commentOf(100, { body, isOwn: true })] };
      return { ok: true, value: undefined };
    },
    resolveThread: async ({ threadId }: { threadId: string }) => {
      const index = threads.findIndex(({ id }) => id === threadId);
      threads[index] = { ...(threads[index] as ReviewThreadFacts), isResolved: true };
      return { ok: true, value: undefined };
    },
  };
  const called = Object.fromEntries(
    Object.entries(github).map(([name, call]) => [
      name,
      (_: unknown, given: never) => (call as (given: never) => unknown)(given),
    ]),
  );
  const context = {
    github: called as unknown as GitHub,
    stores: {
      keys: { get: async () => KEY },
      checks: { list: async () => [] },
      reports: {
        find: async () => saved,
        save: async (state: ReportState) => {
          saved = state;
          return { held: true };
        },
      },
    },
    clock: { now: () => new Date((at += 60_000)) },
    holder: 'r',
    appId: 1,
    render: OPTIONS,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    onStep: (step: string) => {
      if (step === crash) {
        crash = '';
        throw new Error('killed');
      }
    },
  } as unknown as ReportContext;
  return { context, reviews, inline, threads };
}

function commentOf(id: number, given: { body: string; isOwn: boolean }): ReviewThreadFacts['comments'][number] {
  return {
    id,
    author: { id: 2, login: 'teo', isBot: false },
    url: `u${id}`,
    createdAt: START,
    editedAt: null,
    ...given,
  };
}

function threadOf(id: number, comment: { body: string; isOwn: boolean }): ReviewThreadFacts {
  const comments = [commentOf(id, comment)];
  return { id: `T${id}`, isResolved: false, isOutdated: false, path: 'a.js', line: 2, comments };
}

function factsOf(type: 'review' | 'fix', output: object): ReportFacts {
  const publication = { ...makeTask().publication, headSha: HEAD, epoch: 1 };
  const task = makeTask({ type, state: 'COMPLETED', epoch: 1, baseBranch: 'main', publication });
  const result = { ending: 'done', summary: 'Read it.', questions: [], turns: 1, output } as const;
  const attempt = makeAttempt({
    startSha: HEAD,
    startedAt: new Date(START.getTime() + 1_000),
    result: result as never,
  });
  return { task, attempt, events: [], totals: [], position: null, earlier: null };
}

test('a review that a crash cut off after it was written is found, not written again', async () => {
  const { context, inline, reviews } = open({ dies: 'review.after_create' });
  const facts = factsOf('review', { findings: [FINDING] });
  await expect(reportReview(facts, context)).rejects.toThrow('killed');
  expect(await reportReview(facts, context)).toEqual({ kind: 'shown' });
  expect(await reportReview(facts, context)).toEqual({ kind: 'shown' });
  expect(reviews).toHaveLength(1);
  expect(inline).toMatchObject([{ path: 'a.js', line: 2 }]);
});

test('where GitHub refuses a line everything is in the text of the review', async () => {
  const problem = { kind: 'invalid', status: 422, message: 'Line could not be resolved', retryAt: null } as const;
  const { context, inline, reviews } = open({ refuses: problem });
  expect(await reportReview(factsOf('review', { findings: [FINDING] }), context)).toEqual({ kind: 'shown' });
  expect(inline).toEqual([]);
  expect(reviews[0]?.body).toContain('`a.js:2`');
});

test('only what we said ourselves counts as said before', async () => {
  const marker = createMarker(`finding-${fingerprintOf(FINDING)}`, KEY);
  const copied = open();
  copied.threads.push(threadOf(5, { body: marker, isOwn: false }));
  await reportReview(factsOf('review', { findings: [FINDING] }), copied.context);
  expect(copied.inline).toHaveLength(1);
  const own = open();
  own.threads.push(threadOf(5, { body: marker, isOwn: true }));
  await reportReview(factsOf('review', { findings: [FINDING] }), own.context);
  expect(own.inline).toEqual([]);
  expect(own.reviews[0]?.body).toContain('Said before');
});

test.each(['thread.after_reply', 'thread.after_resolve'])(
  'a crash at %s leaves one answer and a resolved thread',
  async (dies) => {
    const { context, threads } = open({ dies });
    threads.push(threadOf(5, { body: 'Why?', isOwn: false }));
    const facts = factsOf('fix', { threads: [{ thread: 5, addressed: true, reply: 'Because.' }] });
    await expect(reportThreads(facts, context)).rejects.toThrow('killed');
    expect(await reportThreads(facts, context)).toEqual({ kind: 'shown' });
    expect(threads[0]?.comments).toHaveLength(2);
    expect(threads[0]?.isResolved).toBe(true);
  },
);

test('a thread that was begun after the agent was is not answered', async () => {
  const { context, threads } = open();
  const late = threadOf(5, { body: 'Why?', isOwn: false });
  const first = { ...commentOf(5, { body: 'Why?', isOwn: false }), createdAt: new Date(START.getTime() + 60_000) };
  threads.push({ ...late, comments: [first] });
  await reportThreads(factsOf('fix', { threads: [{ thread: 5, addressed: true, reply: 'x' }] }), context);
  expect(threads[0]).toMatchObject({ isResolved: false, comments: [{ id: 5 }] });
});
