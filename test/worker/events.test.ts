import { expect, onTestFinished, test } from 'vitest';
import type { DoorOrders, WorkerEvent, WorkerResult } from '../../protocol/index.ts';
import { createEvents } from '../../worker/door/events.ts';
import type { Events, Order } from '../../worker/door/events.ts';
import type { DoorAnswer } from '../../worker/door/post-json.ts';

const RESULT: WorkerResult = { ending: 'done', summary: '', questions: [], turns: 1 };

interface Line {
  readonly events: Events;
  readonly told: WorkerEvent[];
  readonly batches: number[];
  readonly orders: Order[];
}

/** Events over a door that answers as `answer` says, by the number of the request. */
function openLine(answer: (request: number) => DoorAnswer | Error): Line {
  const told: WorkerEvent[] = [];
  const batches: number[] = [];
  const orders: Order[] = [];
  let request = 0;
  const events = createEvents({
    heartbeatMs: 60_000,
    redact: (text) => text.replaceAll('secret', '[token]'),
    onCommand: (order) => orders.push(order),
    post: async (_, body) => {
      const batch = body as WorkerEvent[];
      const said = answer((request += 1));
      if (said instanceof Error) {
        throw said;
      }
      if (said.status < 300) {
        told.push(...batch);
        batches.push(batch.length);
      }
      return said;
    },
  });
  onTestFinished(() => events.close());
  return { events, told, batches, orders };
}

function ok(order: DoorOrders['order'] = 'continue'): DoorAnswer {
  return { status: 200, json: { order } };
}

test('everything arrives in order, the result last', async () => {
  const { events, told } = openLine(() => ok());
  events.tell({ type: 'progress', phase: 'clone' });
  events.log('setup', 'a\n');
  events.tell({ type: 'progress', phase: 'agent', turn: 1 });
  expect(await events.finish({ type: 'finished', result: RESULT }, 1_000)).toBe('delivered');
  expect(told).toEqual([
    { type: 'progress', phase: 'clone' },
    { type: 'log', stream: 'setup', text: 'a\n' },
    { type: 'progress', phase: 'agent', turn: 1 },
    { type: 'finished', result: RESULT },
  ]);
});

test.each<[string, DoorAnswer | Error]>([
  ['does not answer', new Error('ECONNREFUSED')],
  ['has no database', { status: 503, json: null }],
  ['is busy', { status: 429, json: null }],
])('events are sent again to a door that %s', async (_, trouble) => {
  const { events, told } = openLine((request) => (request < 3 ? trouble : ok()));
  events.tell({ type: 'progress', phase: 'clone' });
  expect(await events.finish({ type: 'finished', result: RESULT }, 5_000)).toBe('delivered');
  expect(told).toHaveLength(2);
});

test('a door that stays unavailable is given up in time', async () => {
  const { events } = openLine(() => new Error('gone fishing'));
  expect(await events.finish({ type: 'finished', result: RESULT }, 300)).toBe('lost');
});

test.each([401, 409])('an answer of %i means that the attempt is over', async (status) => {
  const { events, orders } = openLine(() => ({ status, json: null }));
  expect(await events.finish({ type: 'finished', result: RESULT }, 5_000)).toBe('gone');
  expect(orders).toEqual(['gone']);
});

test('each order is passed on once', async () => {
  const answers = [ok('continue'), ok('wrap_up'), ok('wrap_up'), ok('stop'), ok('stop')];
  const { events, orders } = openLine((request) => answers[request - 1] ?? ok('stop'));
  for (let turn = 1; turn <= 4; turn += 1) {
    events.tell({ type: 'progress', phase: 'agent', turn });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await events.finish({ type: 'finished', result: RESULT }, 1_000);
  expect(orders).toEqual(['wrap_up', 'stop']);
});

test('an event the door will not have does not hold up those behind it', async () => {
  const { events, told } = openLine((request) => (request === 1 ? { status: 400, json: null } : ok()));
  events.tell({ type: 'heartbeat' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(await events.finish({ type: 'finished', result: RESULT }, 1_000)).toBe('delivered');
  expect(told).toEqual([{ type: 'finished', result: RESULT }]);
});

test('small pieces of output become one event, large ones several, and secrets none', async () => {
  const { events, told, batches } = openLine(() => ok());
  for (let line = 0; line < 500; line += 1) {
    events.log('agent', `line ${line} secret\n`);
  }
  events.log('agent', 'x'.repeat(20_000));
  await events.finish({ type: 'finished', result: RESULT }, 1_000);
  const logs = told.flatMap((event) => (event.type === 'log' ? [event.text] : []));
  expect(logs.join('')).toBe(
    Array.from({ length: 500 }, (_, line) => `line ${line} [token]\n`).join('') + 'x'.repeat(20_000),
  );
  expect(logs.length).toBeLessThan(8);
  expect(batches.length).toBeLessThan(3);
});

test('more than can be kept while the door is unavailable is dropped from the front, and reported', async () => {
  let away = true;
  const { events, told } = openLine(() => (away ? new Error('away') : ok()));
  for (let turn = 0; turn < 2_500; turn += 1) {
    events.tell({ type: 'progress', phase: 'agent', turn });
  }
  away = false;
  expect(await events.finish({ type: 'finished', result: RESULT }, 5_000)).toBe('delivered');
  expect(told[0]).toMatchObject({ type: 'log', text: expect.stringMatching(/^\n\[50\d events were dropped.*\n$/) });
  expect(told.at(-1)?.type).toBe('finished');
  expect(told).toHaveLength(2_001);
});

test('a note is one line of at most 500 characters, without secrets', async () => {
  const { events, told } = openLine(() => ok());
  events.tell({ type: 'progress', phase: 'agent', note: ` a\n\n secret ${'b'.repeat(600)}` });
  await events.finish({ type: 'finished', result: RESULT }, 1_000);
  const [first] = told as [Extract<WorkerEvent, { type: 'progress' }>];
  expect(first.note).toMatch(/^a \[token\] b+…$/);
  expect(first.note).toHaveLength(500);
});
