import { stageReviewStory } from '../../../demo/review-story.ts';
import { story } from '../../../demo/story.ts';
import { formatUsd } from '../../budget/money.ts';
import type { TaskEvent } from '../../task/events.ts';
import type { Task } from '../../task/task.ts';
import { withTimeout } from '../../telemetry/with-timeout.ts';
import { watchEvents } from './run-journey.ts';
import type { DemoServers } from './start-demo-servers.ts';

/** The document of `bosun demo --story review --once --json`. */
export interface ReviewStory {
  readonly story: 'review';
  /** The tasks of the chain, in the order in which they ran. */
  readonly tasks: readonly StoryTask[];
  /** How the chain as a whole ended; null when it never began. */
  readonly chain: { readonly state: string; readonly note: string | null } | null;
  readonly pull_request: {
    readonly number: number;
    readonly url: string;
    readonly head_sha: string;
    readonly reviews: readonly string[];
  } | null;
  readonly cost_usd: string;
  readonly duration_ms: number;
  readonly issue_url: string;
}

interface StoryTask {
  readonly id: string;
  readonly type: Task['type'];
  readonly state: Task['state'];
  /** How often the agent was sent back by a check. */
  readonly fixes: number;
  readonly verdict: string | null;
  readonly cost_usd: string;
  readonly cost_by_model: Readonly<Record<string, string>>;
}

const PATIENCE_MS = 240_000;

/** Plays the story to the end of its chain and reads what came of it. */
export async function runReviewStory(
  stage: DemoServers,
  options: { onEvent: (event: TaskEvent, sinceMs: number) => void },
): Promise<ReviewStory> {
  const { bosun, github } = stage;
  const { stores } = bosun.storage;
  const issue = await stageReviewStory(github);
  await github.settled();
  const startedAt = Date.now();
  const watch = watchEvents(stage, (event) => options.onEvent(event, event.at.getTime() - startedAt));
  github.comment({ repository: story.repository, number: issue.number }, { as: story.maintainer, body: story.command });
  const chainEnd = Promise.withResolvers<void>();
  const listening = await bosun.storage.database.listen('bosun_wake', () => {
    hasEnded(stage).then((isOver) => (isOver ? chainEnd.resolve() : undefined), chainEnd.reject);
  });
  try {
    await withTimeout(PATIENCE_MS, chainEnd.promise, 'the chain');
  } finally {
    await listening.stop();
    await watch.stop();
  }
  const tasks = (await stores.tasks.list({ limit: 20 })).toSorted(
    (a, b) => a.createdAt.getTime() - b.createdAt.getTime(),
  );
  const [first] = tasks;
  const chain = first === undefined ? null : await stores.chains.findOf(first.id);
  const pull = github.pulls(story.repository).at(0);
  const described: StoryTask[] = [];
  for (const task of tasks) {
    const totals = await stores.attempts.totals(task.id);
    described.push({
      id: task.id,
      type: task.type,
      state: task.state,
      fixes: task.verdict?.fixes ?? 0,
      verdict: task.verdict?.verdict.kind ?? null,
      cost_usd: formatUsd(task.spentNano),
      cost_by_model: Object.fromEntries(totals.map((total) => [total.model, formatUsd(total.costNano)])),
    });
  }
  return {
    story: 'review',
    tasks: described,
    chain: chain === null ? null : { state: chain.state, note: chain.note },
    pull_request:
      pull?.pull === undefined || pull.pull === null
        ? null
        : {
            number: pull.number,
            url: `${github.url}/${story.repository}/pull/${pull.number}`,
            head_sha: pull.pull.head.sha,
            reviews: pull.pull.reviews.map(({ body }) => body.split('\n').find((line) => line.startsWith('**')) ?? ''),
          },
    cost_usd: formatUsd(tasks.reduce((sum, { spentNano }) => sum + spentNano, 0)),
    duration_ms: Date.now() - startedAt,
    issue_url: `${github.url}/${story.repository}/issues/${issue.number}`,
  };
}

/** The chain is over, or its first task ended so that there is none. */
async function hasEnded({ bosun }: DemoServers): Promise<boolean> {
  const { stores } = bosun.storage;
  const tasks = await stores.tasks.list({ limit: 20 });
  const first = tasks.at(-1);
  if (first === undefined) {
    return false;
  }
  const chain = await stores.chains.findOf(first.id);
  return chain === null ? first.finishedAt !== null && first.state !== 'COMPLETED' : chain.state !== 'running';
}

export function hasStorySucceeded({ chain, tasks }: ReviewStory): boolean {
  return chain?.state === 'passed' && tasks.every(({ state }) => state === 'COMPLETED');
}
