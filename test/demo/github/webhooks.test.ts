import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import { appClient, NAME, openLocal, refusalOf } from './open-local.ts';
import { startReceiver, type Receiver } from './start-receiver.ts';

const SECRET = 'a secret of the test';
let github: LocalGitHub;
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
  github = await openLocal({ deliveries: 'auto', webhook: { url: receiver.url, secret: SECRET } });
});
afterEach(async () => {
  await github.close();
  await receiver.close();
});

function say(body: string): void {
  const thread = { repository: NAME, number: 1 };
  if (!github.repository(NAME).issues.has(1)) {
    github.openIssue(NAME, { as: 'eve', title: 'Slow' });
  }
  github.comment(thread, { as: 'bea', body });
}

test('deliveries are signed over the exact bytes and carry the headers of GitHub', async () => {
  say('/implement ✓');
  await github.settled();
  const last = receiver.received.at(-1);
  const signature = createHmac('sha256', SECRET)
    .update(last?.body ?? '')
    .digest('hex');
  expect(last?.headers).toMatchObject({
    'content-type': 'application/json',
    'x-github-event': 'issue_comment',
    'x-github-hook-id': '1',
    'x-github-hook-installation-target-type': 'integration',
    'x-github-hook-installation-target-id': String(github.app.id),
    'x-hub-signature-256': `sha256=${signature}`,
  });
  expect(last?.headers['x-github-delivery']).toMatch(/^[0-9a-f-]{36}$/);
  expect(JSON.parse(last?.body ?? '')).toMatchObject({
    action: 'created',
    comment: { body: '/implement ✓', user: { login: 'bea' } },
    issue: { number: 1 },
    repository: { full_name: NAME },
    sender: { login: 'bea' },
    installation: { id: expect.any(Number) as number },
  });
});

test('a failed delivery is not retried; the app finds it in the list and has it sent again', async () => {
  receiver.answer.status = 503;
  say('lost');
  await github.settled();
  receiver.answer.status = 202;
  const app = appClient(github);
  const { data: list } = await app.rest.apps.listWebhookDeliveries({ status: 'failure' });
  expect(list.map(({ event, status_code }) => `${event} ${status_code}`)).toEqual(['issue_comment 503', 'issues 503']);
  const failed = list[0];
  const { data: detail } = await app.rest.apps.getWebhookDelivery({ delivery_id: failed?.id ?? 0 });
  expect(detail.request.payload).toMatchObject({ comment: { body: 'lost' } });
  expect(detail.response.payload).toBe('noted');
  await app.rest.apps.redeliverWebhookDelivery({ delivery_id: failed?.id ?? 0 });
  await github.settled();
  const attempts = github.deliveries.filter(({ guid }) => guid === failed?.guid);
  expect(attempts.map(({ statusCode, redelivery }) => [statusCode, redelivery])).toEqual([
    [503, false],
    [202, true],
  ]);
  expect(receiver.received.at(-1)?.headers['x-github-delivery']).toBe(failed?.guid);
});

test('deliveries are listed newest first with a cursor, and a wrong cursor is refused', async () => {
  for (let count = 0; count < 7; count += 1) {
    say(`Comment ${count}`);
  }
  await github.settled();
  const app = appClient(github);
  const all = await app.paginate(app.rest.apps.listWebhookDeliveries, { per_page: 3 });
  expect(all.map(({ id }) => id)).toEqual(github.deliveries.map(({ id }) => id).toReversed());
  expect(await refusalOf(app.rest.apps.listWebhookDeliveries({ cursor: 'nonsense' }))).toMatchObject({ status: 422 });
});

test('an app that is down is a failure on record, and nothing that throws', async () => {
  github.setWebhook({ url: 'http://127.0.0.1:1/', secret: SECRET });
  say('nobody there');
  await github.settled();
  expect(github.deliveries.at(-1)).toMatchObject({ status: 'failed to connect to host', statusCode: 502 });
});

test('without a webhook nothing is recorded, as for an app that has none', async () => {
  github.setWebhook(undefined);
  say('unheard');
  await github.settled();
  expect(github.deliveries).toEqual([]);
});

test('with manual delivery nothing is sent until it is asked for', async () => {
  github.setDeliveries('manual');
  say('later');
  await github.settled();
  expect(receiver.received).toEqual([]);
  const sent = await github.deliver();
  expect(sent.map(({ event, action, statusCode }) => [event, action, statusCode])).toEqual([
    ['issues', 'opened', 202],
    ['issue_comment', 'created', 202],
  ]);
});

test('every act of people has its event', async () => {
  const thread = { repository: NAME, number: 1 };
  say('one');
  const [comment] = github.comments(thread);
  const one = { repository: NAME, id: comment?.id ?? 0 };
  github.editComment(one, { as: 'bea', body: 'two' });
  github.deleteComment(one, { as: 'bea' });
  github.addLabel(thread, { as: 'ada', label: 'bosun' });
  github.removeLabel(thread, { as: 'ada', label: 'bosun' });
  await github.editIssue(thread, { as: 'eve', title: 'Slower' });
  github.lockIssue(thread, { as: 'ada' });
  github.unlockIssue(thread, { as: 'ada' });
  await github.closeIssue(thread, { as: 'ada' });
  await github.reopenIssue(thread, { as: 'ada' });
  await github.settled();
  expect(github.deliveries.map(({ event, action }) => `${event}.${action}`)).toEqual([
    'issues.opened',
    'issue_comment.created',
    'issue_comment.edited',
    'issue_comment.deleted',
    'issues.labeled',
    'issues.unlabeled',
    'issues.edited',
    'issues.locked',
    'issues.unlocked',
    'issues.closed',
    'issues.reopened',
  ]);
  const edited = github.deliveries.find(({ action }) => action === 'edited');
  expect(JSON.parse(edited?.body ?? '')).toMatchObject({
    changes: { body: { from: 'one' } },
    comment: { body: 'two' },
  });
});

test('any payload can be sent, and answers are awaited', async () => {
  const delivery = await github.sendWebhook({ event: 'ping', payload: { zen: 'Keep it simple.' }, guid: 'my-guid' });
  expect(delivery).toMatchObject({ statusCode: 202, responseBody: 'noted', guid: 'my-guid' });
});

test('installing the app on one more repository is announced', async () => {
  await github.createRepository({ owner: 'ada', name: 'second', installed: false, files: { a: 'b\n' } });
  await github.createRepository({ owner: 'bea', name: 'first', installed: false, files: { a: 'b\n' } });
  github.installApp('ada/second');
  github.installApp('bea/first');
  github.uninstallApp('bea');
  await github.settled();
  expect(github.deliveries.map(({ event, action }) => `${event}.${action}`)).toEqual([
    'installation_repositories.added',
    'installation.created',
    'installation.deleted',
  ]);
});
