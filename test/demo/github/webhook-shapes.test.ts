import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { AT, client, NAME, openLocal } from './open-local.ts';

type Json = Record<string, unknown>;
interface Examples {
  name: string;
  examples: Json[];
}
const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as Examples[];

/** Keys that GitHub sends today and that the recorded examples, which are older, do not have. */
const NEWER = new Set([
  'allow_forking',
  'client_id',
  'closed_by',
  'has_discussions',
  'state_reason',
  'timeline_url',
  'user_view_type',
]);

/** Documented, and in no example: the examples only edit bodies. */
const UNSEEN = new Set(['issues.changes.title', 'issues.changes.title.from']);

/** All JSON types that real payloads of the event have at each path. */
function shapesOf(event: string): Map<string, Set<string>> {
  const shapes = new Map<string, Set<string>>();
  const payloads = examples.find(({ name }) => name === event)?.examples ?? [];
  for (const payload of payloads) {
    collect(payload, '', (path, type) => shapes.set(path, (shapes.get(path) ?? new Set<string>()).add(type)));
  }
  return shapes;
}

function collect(value: unknown, path: string, see: (path: string, type: string) => void): void {
  see(path, typeName(value));
  if (Array.isArray(value)) {
    value.forEach((one) => collect(one, `${path}[]`, see));
    return;
  }
  if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      collect(one, `${path}.${key}`, see);
    }
  }
}

function typeName(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Where our payload has what no real one has. */
function differences(event: string, payload: Json): string[] {
  const shapes = shapesOf(event);
  const found: string[] = [];
  collect(payload, '', (path, type) => {
    const known = shapes.get(path);
    const key = path.split('.').at(-1)?.replaceAll('[]', '') ?? '';
    const parent = path.slice(0, path.lastIndexOf('.'));
    // A parent that is null in every example tells nothing about its keys.
    const isParentKnown = shapes.get(parent)?.has('object') === true;
    if (known === undefined && isParentKnown && !NEWER.has(key) && !UNSEEN.has(event + path)) {
      found.push(`${path} is not in any real payload`);
    }
    const isNullAside = type === 'null' || (known?.size === 1 && known.has('null'));
    if (known !== undefined && !known.has(type) && !isNullAside) {
      found.push(`${path} is ${type}, in real payloads ${[...known].join(' or ')}`);
    }
  });
  return [...new Set(found)];
}

async function everyEvent(): Promise<{ event: string; payload: Json }[]> {
  const github = await openLocal();
  const thread = {
    repository: NAME,
    number: github.openIssue(NAME, { as: 'eve', title: 'Slow', body: 'Very.' }).number,
  };
  github.comment(thread, { as: 'bea', body: 'Hello' });
  github.editComment({ repository: NAME, id: github.comments(thread)[0]?.id ?? 0 }, { as: 'bea', body: 'Hello you' });
  github.addLabel(thread, { as: 'ada', label: 'bosun' });
  await github.editIssue(thread, { as: 'eve', title: 'Slower' });
  await github.closeIssue(thread, { as: 'ada' });
  const { sha } = await github.pushCommit(NAME, { as: 'bea', branch: 'topic', files: { x: 'y\n' } });
  const pull = await github.openPull(NAME, { as: 'bea', title: 'Topic', head: 'topic' });
  await github.pushCommit(NAME, { as: 'bea', branch: 'topic', files: { x: 'z\n' } });
  github.review({ repository: NAME, number: pull.number }, { as: 'ada', state: 'APPROVED', body: 'Good.' });
  const octokit = client(github, github.createInstallationToken(NAME));
  const run = await octokit.rest.checks.create({ ...AT, name: 'Bosun', head_sha: pull.pull?.head.sha ?? sha });
  github.pressCheckRunButton({ repository: NAME, id: run.data.id }, { as: 'ada', identifier: 'retry' });
  await octokit.rest.checks.update({ ...AT, check_run_id: run.data.id, conclusion: 'success' });
  await github.mergePull({ repository: NAME, number: pull.number }, { as: 'ada' });
  github.uninstallApp('ada');
  await github.settled();
  const events = github.deliveries.map(({ event, body }) => ({ event, payload: JSON.parse(body) as Json }));
  await github.close();
  return events;
}

test('what we send has only keys that real payloads have, with the same JSON types', async () => {
  const events = await everyEvent();
  const names = new Set(events.map(({ event }) => event));
  expect([...names].toSorted()).toEqual([
    'check_run',
    'installation',
    'issue_comment',
    'issues',
    'pull_request',
    'pull_request_review',
    'push',
  ]);
  const wrong = events.flatMap(({ event, payload }) => differences(event, payload).map((one) => `${event}${one}`));
  expect([...new Set(wrong)]).toEqual([]);
});

test('the main objects of real payloads have no key that ours lack', async () => {
  const events = await everyEvent();
  const missing: string[] = [];
  for (const [event, object] of [
    ['issue_comment', 'comment'],
    ['issue_comment', 'issue'],
    ['issue_comment', 'repository'],
    ['issue_comment', 'sender'],
    ['issues', 'issue'],
    ['pull_request', 'pull_request'],
    ['pull_request_review', 'review'],
    ['check_run', 'check_run'],
  ] as const) {
    const ours = events.find((one) => one.event === event)?.payload[object] as Json;
    const real = (examples.find(({ name }) => name === event)?.examples ?? []).map((one) => one[object] as Json);
    const always = Object.keys(real[0] ?? {}).filter((key) => real.every((one) => key in one));
    missing.push(...always.filter((key) => !(key in ours)).map((key) => `${event}.${object}.${key}`));
  }
  expect(missing).toEqual([]);
});
