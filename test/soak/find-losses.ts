import { hasMarker } from '../../app/text/marker.ts';
import type { Task } from '../../app/task/task.ts';
import { findLeftovers } from '../crash/find-leftovers.ts';
import { findBroken } from '../support/invariants.ts';
import { snapshotOfDatabase } from '../support/store-snapshots.ts';
import type { Installation } from './open-installation.ts';

/** One sentence for each thing that is not as it has to be once everything has come to its end. */
export interface Losses {
  /** Commands of which nothing came, or not what was asked for. */
  readonly lost: readonly string[];
  /** Tasks, branches, pull requests, comments and check runs there is one too many of. */
  readonly double: readonly string[];
  /** Comments and check runs that do not tell the end, messages and deliveries that were not seen to. */
  readonly stuck: readonly string[];
  /** Sessions and processes that nobody stands behind. */
  readonly orphans: readonly string[];
  /** Rows that do not agree with each other, money above all. */
  readonly broken: readonly string[];
}

type Thread = Installation['threads'][number];

export async function findLosses(installation: Installation): Promise<Losses> {
  const tasks = await installation.stores.tasks.list({ limit: 100_000 });
  const byThread = new Map<string, Task[]>();
  for (const task of tasks) {
    const key = `${task.repository.owner}/${task.repository.name}#${task.thread.number}`;
    byThread.set(key, [...(byThread.get(key) ?? []), task]);
  }
  const key = await installation.stores.keys.get('comment-marker');
  const lost: string[] = [];
  const double: string[] = [];
  const stuck: string[] = [];
  for (const thread of installation.threads) {
    const name = `${thread.repository}#${thread.number}`;
    const [task, ...more] = byThread.get(name) ?? [];
    double.push(...more.map(({ id }) => `${name}: another task ${id}`));
    if (task === undefined) {
      lost.push(`${name}: no task`);
      continue;
    }
    if (task.state !== 'COMPLETED' || task.publication.pullNumber === null) {
      lost.push(`${name}: ${task.state} ${task.failure?.code ?? task.wait?.note ?? ''}`);
    }
    const said = judgeComments(installation, { thread, task, key });
    double.push(...said.double.map((fault) => `${name}: ${fault}`));
    stuck.push(...said.stuck.map((fault) => `${name}: ${fault}`));
  }
  for (const repository of new Set(installation.threads.map((thread) => thread.repository))) {
    const there = installation.threads.filter((thread) => thread.repository === repository);
    double.push(...(await findDoubles(installation, { repository, expected: there.length })));
    const open = installation.github.checkRuns(repository).filter(({ status }) => status !== 'completed');
    stuck.push(...open.map(({ headSha }) => `${repository}: the check run of ${headSha.slice(0, 8)} is not completed`));
  }
  return {
    lost,
    double,
    stuck: [...stuck, ...(await findUnseen(installation))],
    orphans: findLeftovers(installation.directory),
    broken: findBroken(await snapshotOfDatabase(installation.database)),
  };
}

function judgeComments(
  { github }: Installation,
  { thread, task, key }: { thread: Thread; task: Task; key: Uint8Array },
): { double: string[]; stuck: string[] } {
  const own = github.comments(thread).filter(({ user }) => user.login === github.app.botLogin);
  const status = own.filter(({ body }) => hasMarker(body, { name: task.id, key }));
  const tells = status[0]?.body.includes(`Draft pull request #${task.publication.pullNumber}`) === true;
  return {
    double: own.length > 1 ? [`${own.length} comments`] : [],
    stuck: tells ? [] : [`its comment tells: ${(status[0]?.body ?? 'nothing').replaceAll(/\s+/g, ' ').slice(0, 120)}`],
  };
}

async function findDoubles(
  { github }: Installation,
  { repository, expected }: { repository: string; expected: number },
): Promise<string[]> {
  const listed = await github.git(repository, ['for-each-ref', '--format=%(refname)', 'refs/heads/bosun']);
  const branches = listed.stdout.toString().split('\n').filter(Boolean).length;
  const pulls = github.pulls(repository).length;
  const checks = github.checkRuns(repository);
  const heads = new Set(checks.map(({ headSha, name }) => `${headSha} ${name}`)).size;
  return [
    ...(branches > expected ? [`${repository}: ${branches} branches for ${expected} tasks`] : []),
    ...(pulls > expected ? [`${repository}: ${pulls} pull requests for ${expected} tasks`] : []),
    ...(checks.length > heads ? [`${repository}: ${checks.length} check runs on ${heads} commits`] : []),
  ];
}

async function findUnseen({ database }: Installation): Promise<string[]> {
  const [row] = await database.query<{ deliveries: number; parked: number; messages: number }>({
    text: `select (select count(*) from inbox where state = 'new') as deliveries,
      (select count(*) from inbox where state = 'parked') as parked,
      (select count(*) from outbox where settled_at is null) as messages`,
  });
  return [
    ...(row?.deliveries === 0 ? [] : [`${row?.deliveries} deliveries are not routed`]),
    ...(row?.parked === 0 ? [] : [`${row?.parked} deliveries are parked`]),
    ...(row?.messages === 0 ? [] : [`${row?.messages} messages are not delivered`]),
  ];
}

export function countLosses(losses: Losses): number {
  return Object.values(losses).reduce((total, list: readonly string[]) => total + list.length, 0);
}
