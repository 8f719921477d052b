import { expect, it } from 'vitest';
import { createInboxStore } from '../../../app/store/postgres/inbox-store.ts';
import { NOON } from '../../contract/stores/world.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';

const test = withDatabase();
const ANY_DELIVERY = { kind: 'inbox', id: '*' };

it('routers hear of a delivery once it is recorded, and of many at once only a few times', async () => {
  await emptyTables(test.database);
  const heard: unknown[] = [];
  let tell: () => void = () => undefined;
  const subscription = await test.database.listen('bosun_wake', (payload) => {
    heard.push(payload === null ? null : JSON.parse(payload));
    tell();
  });
  function nextNotice(): Promise<void> {
    return new Promise((resolve) => {
      tell = resolve;
    });
  }
  const inbox = createInboxStore(test.database);
  const body = Buffer.from('{}');

  const first = nextNotice();
  await inbox.record({ id: 'a', event: 'ping', body, receivedAt: NOON });
  await first;
  expect(heard).toEqual([ANY_DELIVERY]);

  const second = nextNotice();
  const ids = Array.from({ length: 40 }, (_, index) => `b${index}`);
  await Promise.all(ids.map((id) => inbox.record({ id, event: 'ping', body, receivedAt: NOON })));
  await second;
  expect(heard.at(-1)).toEqual(ANY_DELIVERY);
  expect(heard.length).toBeLessThan(20);
  await subscription.stop();
});
