import { globSync } from 'node:fs';
import { priceRequest } from '../../app/budget/price-request.ts';
import { findPrice, PRICES } from '../../app/budget/prices.ts';
import { DEFAULTS } from '../../app/config/defaults.ts';
import { hasMarker } from '../../app/text/marker.ts';
import type { Task } from '../../app/task/task.ts';
import { findBroken, type StoreSnapshot } from '../support/invariants.ts';
import { snapshotOfDatabase } from '../support/store-snapshots.ts';
import { findLeftovers } from './find-leftovers.ts';
import { REPOSITORY, THREAD, type Place } from './open-machine.ts';

/**
 * What is not yet, or not any more, as it has to be at the end of a journey: one sentence each, from GitHub's own records
 * and from the rows. Empty when the task has come to its end and nothing was done twice.
 */
export async function findFaults(place: Place): Promise<string[]> {
  const tasks = await place.stores.tasks.list({ limit: 10 });
  const [task] = tasks;
  if (task === undefined || tasks.length > 1) {
    return [`${tasks.length} tasks`];
  }
  if (task.state !== place.journey.end.state) {
    return [`the task is ${task.state}${task.wait === null ? '' : ` (${task.wait.reason}: ${task.wait.note})`}`];
  }
  const snapshot = await snapshotOfDatabase(place.database);
  return [
    ...(await checkComments(place, task)),
    ...(await checkPublished(place, task)),
    ...checkMoney(place, snapshot),
    ...(await checkInbox(place)),
    ...findLeftovers(place.directory),
    ...checkRepositories(place, task),
    ...findBroken(snapshot),
  ];
}

async function checkComments(place: Place, task: Task): Promise<string[]> {
  const { github, journey, said } = place;
  const own = github.comments(THREAD).filter(({ user }) => user.login === github.app.botLogin);
  const key = await place.stores.keys.get('comment-marker');
  const status = own.filter(({ body }) => hasMarker(body, { name: task.id, key }));
  const body = status[0]?.body ?? '';
  const checks = github.checkRuns(REPOSITORY);
  const heads = new Set(checks.map(({ headSha }) => headSha));
  const seen = said.filter(({ reactions }) => reactions.length === 1);
  return [
    ...say(status.length === 1, `${status.length} status comments`),
    ...say(own.length === journey.end.comments, `${own.length} comments in all`),
    ...say(journey.end.tells.test(body), `the comment tells: ${body.replaceAll(/\s+/g, ' ').slice(0, 200)}`),
    ...say(seen.length === said.length, `${seen.length} of ${said.length} commands have their reaction`),
    ...say(checks.length === heads.size, `${checks.length} check runs on ${heads.size} commits`),
    ...checks.filter(({ status }) => status !== 'completed').map(({ status }) => `the check run is ${status}`),
  ];
}

async function checkPublished(place: Place, task: Task): Promise<string[]> {
  const { github, journey } = place;
  const listed = await github.git(REPOSITORY, ['for-each-ref', '--format=%(refname:short)', 'refs/heads/bosun']);
  const branches = listed.stdout.toString().split('\n').filter(Boolean);
  const pulls = github.pulls(REPOSITORY);
  const faults = [
    ...say(pulls.length === journey.end.pulls, `${pulls.length} pull requests`),
    ...say(branches.length === journey.end.pulls, `branches: ${branches.join(', ') || 'none'}`),
    ...say(task.publication.pullNumber === (pulls[0]?.number ?? null), `it knows of #${task.publication.pullNumber}`),
  ];
  if (journey.end.file !== null && faults.length === 0) {
    const text = (await github.readFile(REPOSITORY, { path: 'DONE.md', ref: task.branch })) ?? '';
    const head = await github.git(REPOSITORY, ['rev-parse', task.branch]);
    faults.push(
      ...say(journey.end.file.test(text), `DONE.md is ${JSON.stringify(text)}`),
      ...say(
        head.stdout.toString().trim() === task.publication.headSha,
        `it knows of head ${task.publication.headSha}`,
      ),
    );
  }
  return faults;
}

/**
 * Never less is paid than the provider asks for, and only what is known to be asked is called spent: a request whose
 * answer was cut off is paid at its upper bound, because nobody can tell what it cost.
 */
function checkMoney({ billed }: Place, { ledger, tasks }: StoreSnapshot): string[] {
  const price = findPrice(PRICES, DEFAULTS.model);
  if (price === null) {
    throw new Error(`${DEFAULTS.model} has no price`);
  }
  const asked = sum(
    billed.map((usage) =>
      priceRequest(price, {
        inputTokens: usage.input ?? 0,
        outputTokens: usage.output ?? 0,
        cacheWrite5mTokens: 0,
        cacheWrite1hTokens: 0,
        cacheReadTokens: 0,
      }),
    ),
  );
  const known = ledger.filter(({ costNano, upperNano }) => costNano !== null && costNano < upperNano);
  const settled = sum(known.map(({ costNano }) => costNano ?? 0));
  const held = sum(ledger.filter((row) => !known.includes(row)).map(({ upperNano }) => upperNano));
  const budget = sum(tasks.map(({ budgetNano }) => budgetNano));
  return [
    ...say(settled <= asked, `spent ${settled}, the provider asks for ${asked}`),
    ...say(settled + held >= asked, `spent ${settled} and held ${held}, the provider asks for ${asked}`),
    ...say(settled + held <= budget, `spent ${settled} and held ${held} of a budget of ${budget}`),
  ];
}

async function checkInbox({ database }: Place): Promise<string[]> {
  const [inbox] = await database.query<{ open: number; parked: number }>({
    text: `select count(*) filter (where state = 'new') as open, count(*) filter (where state = 'parked') as parked from inbox`,
  });
  const [outbox] = await database.query<{ open: number }>({
    text: 'select count(*) as open from outbox where settled_at is null',
  });
  return [
    ...say(inbox?.open === 0, `${inbox?.open} deliveries are not routed`),
    ...say(inbox?.parked === 0, `${inbox?.parked} deliveries are parked`),
    ...say(outbox?.open === 0, `${outbox?.open} messages are not delivered`),
  ];
}

/** Work that is out needs no repository any more on the machine that made it; another may have looked at it meanwhile. */
function checkRepositories({ directory, journey }: Place, task: Task): string[] {
  const isAlone = globSync('*/attempts', { cwd: directory }).length === 1;
  const kept =
    journey.end.pulls === 0 || !isAlone ? [] : globSync(`*/attempts/${task.id}/${task.epoch}.git`, { cwd: directory });
  return kept.map((file) => `repository ${task.epoch} of ${file.split('/')[0]} is left`);
}

function say(holds: boolean, sentence: string): string[] {
  return holds ? [] : [sentence];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
