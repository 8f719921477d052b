import { createHmac, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Delivery } from '../../demo/github/webhooks/deliveries.ts';
import { story } from '../../demo/story.ts';
import type { Task } from '../../app/task/task.ts';
import { withScenario, type Conversation } from './open-scenario.ts';

interface Examples {
  readonly name: string;
  readonly examples: readonly Record<string, unknown>[];
}
const EXAMPLES = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly Examples[];

const scenario = withScenario({ script: [{ fault: 'hang' }], settings: { BOSUN_CONCURRENCY: '1' } });

function lastDelivery(text: string): Delivery {
  const found = scenario().github.deliveries.findLast(
    (one) => one.event === 'issue_comment' && one.body.includes(text),
  );
  if (found === undefined) {
    throw new Error(`expected a delivery of ${text}`);
  }
  return found;
}

/** Sends the body of a delivery again, as somebody would who caught it on its way: the signature does not cover the id. */
function replay(delivery: Delivery): Promise<Delivery> {
  const payload = JSON.parse(delivery.body) as Record<string, unknown>;
  return scenario().github.sendWebhook({ event: delivery.event, payload, guid: randomUUID() });
}

async function tasksOf(talk: Conversation): Promise<Task[]> {
  const tasks = await scenario().bosun.storage.stores.tasks.list({ limit: 500 });
  return tasks.filter((task) => task.thread.number === talk.thread.number);
}

test('one command makes one task, however often and under whatever id it is delivered', async () => {
  const talk = scenario().openIssue();
  const comment = await talk.comment('/implement once-only');
  const delivery = lastDelivery('once-only');
  const again = await Promise.all(Array.from({ length: 20 }, () => scenario().github.redeliver(delivery)));
  expect(new Set(again.map((one) => one.responseBody))).toEqual(
    new Set([JSON.stringify({ message: 'Known already.' })]),
  );
  await Promise.all(Array.from({ length: 300 }, () => replay(delivery)));
  const notes = [...(await scenario().routed()).values()];
  // One more where the comparison with GitHub found the command before its own delivery was routed.
  const handled = notes.filter((note) => note === 'ignored: this command was handled before').length;
  expect([300, 301]).toContain(handled);

  expect(await tasksOf(talk)).toHaveLength(1);
  await scenario().waitUntilShown(() => talk.answers().length > 0);
  expect(talk.answers()).toHaveLength(1);
  expect(comment.reactions).toHaveLength(1);
});

test('a replayed /cancel does not end the task that came after it', async () => {
  const talk = scenario().openIssue();
  await talk.commentRouted('/implement');
  await talk.commentRouted('/cancel this-one');
  await talk.waitForTask((row) => row.state === 'CANCELLED');
  await talk.commentRouted('/implement anew');
  await replay(lastDelivery('/cancel this-one'));
  await scenario().routed();
  const [newest] = await tasksOf(talk);
  expect(newest).toMatchObject({ state: 'SUBMITTED', stop: null });
});

/** As after the death of whoever carried it out before it was answered: taken once, and there for the next. */
async function takeAgain(delivery: Delivery): Promise<string> {
  const { database, queue } = scenario().bosun.storage;
  await database.query({
    text: `update inbox set state = 'new', body = $2, ended_at = null, note = null, hidden_until = null where id = $1`,
    values: [delivery.guid, Buffer.from(delivery.body)],
  });
  await queue.send({ kind: 'inbox', id: delivery.guid });
  const read = { text: 'select note from inbox where id = $1', values: [delivery.guid] };
  await expect
    .poll(async () => (await database.query<{ note: string | null }>(read))[0]?.note)
    .toEqual(expect.any(String));
  return (await database.query<{ note: string }>(read))[0]?.note ?? '';
}

test('a command that was carried out by someone who died before answering is not refused as done already', async () => {
  const talk = scenario().openIssue();
  await talk.commentRouted('/implement');
  await talk.commentRouted('/pause');
  await talk.commentRouted('/resume after-death');
  expect(await takeAgain(lastDelivery('/resume after-death'))).toMatch(/goes on already/);
  await talk.commentRouted('/cancel after-death');
  await talk.waitForTask((row) => row.state === 'CANCELLED');
  expect(await takeAgain(lastDelivery('/cancel after-death'))).toBe('cancel ended before');
  await talk.commentRouted('/retry after-death');
  expect(await takeAgain(lastDelivery('/retry after-death'))).toMatch(/goes on already/);
  await talk.commentRouted('/cancel');
});

test('a replayed /budget adds nothing', async () => {
  const talk = scenario().openIssue();
  await talk.commentRouted('/implement --budget 2');
  await talk.commentRouted('/budget +3');
  await Promise.all(Array.from({ length: 5 }, () => replay(lastDelivery('/budget +3'))));
  await scenario().routed();
  const [task] = await tasksOf(talk);
  expect(task?.budgetNano).toBe(5e9);
});

test('a command older than GitHub stores deliveries is a replay, whatever else it is', async () => {
  const talk = scenario().openIssue();
  await talk.comment('Something else entirely');
  const payload = JSON.parse(lastDelivery('Something else entirely').body) as { comment: Record<string, unknown> };
  const created = new Date(Date.now() - 73 * 3_600_000).toISOString();
  const comment = { ...payload.comment, body: '/implement', created_at: created };
  await scenario().github.sendWebhook({ event: 'issue_comment', payload: { ...payload, comment } });
  await scenario().routed();
  expect(await tasksOf(talk)).toEqual([]);
});

test.each([
  ['forged', 401, { secret: 'a guess' }],
  ['unsigned', 401, { secret: null }],
  ['nested deeper than anything GitHub sends', 400, { body: `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}` }],
  ['compressed', 415, { encoding: 'gzip' }],
  ['of another event than its body', 400, { event: 'installation' }],
  ['larger than GitHub sends', 413, { body: `{"a":"${'x'.repeat(26 * 1024 * 1024)}"}` }],
])('a delivery that is %s is answered %i and leaves nothing', async (_kind, status, change) => {
  const odd: { secret?: string | null; body?: string; encoding?: string; event?: string } = change;
  const { url, secret } = scenario().webhook;
  const plain = odd.body ?? lastDelivery('/implement').body;
  const body = odd.encoding === undefined ? Buffer.from(plain) : gzipSync(plain);
  const key = odd.secret === undefined ? secret : odd.secret;
  const answer = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': odd.event ?? 'issue_comment',
      'x-github-delivery': randomUUID(),
      ...(odd.encoding === undefined ? {} : { 'content-encoding': odd.encoding }),
      ...(key === null
        ? {}
        : { 'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}` }),
    },
  }).then(
    (response) => response.status,
    // Too large: the connection may be cut while the rest is still being sent.
    () => 413,
  );
  expect(answer).toBe(status);
});

test('every payload GitHub has published is taken, and none starts anything', async () => {
  const { github, bosun } = scenario();
  const before = (await bosun.storage.stores.tasks.list({ limit: 500 })).length;
  const installation = { id: [...github.world.installations.keys()][0] };
  const all = EXAMPLES.flatMap(({ name, examples }) => examples.map((payload) => ({ name, payload })));
  expect(all.length).toBeGreaterThan(300);
  const megabytes = process.memoryUsage().rss / 1e6;
  for (let from = 0; from < all.length; from += 50) {
    const sent = await Promise.all(
      all
        .slice(from, from + 50)
        .map(({ name, payload }) => github.sendWebhook({ event: name, payload: { installation, ...payload } })),
    );
    const refused = sent.filter((delivery) => delivery.statusCode !== 202);
    expect(refused.map(({ event, action, statusCode }) => `${event}.${action ?? ''} ${statusCode}`)).toEqual([]);
  }
  await scenario().routed();
  expect(await bosun.storage.stores.tasks.list({ limit: 500 })).toHaveLength(before);
  expect(await bosun.storage.stores.inbox.oldestUnrouted()).toBeNull();
  expect(process.memoryUsage().rss / 1e6 - megabytes).toBeLessThan(200);
});

test('afterwards it still works', async () => {
  const talk = scenario().openIssue();
  expect(await talk.commentRouted('/status', { as: story.maintainer })).toBe('status shown');
});
