import { expect, test } from 'vitest';
import { createAdmission } from '../../app/admission/create-admission.ts';
import { createRepoFiles } from '../../app/admission/repo-file.ts';
import { createRouter } from '../../app/intake/router.ts';
import { createMemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import { findBroken } from '../support/invariants.ts';
import { snapshotOfMemory } from '../support/store-snapshots.ts';
import { createVirtualTime } from './engine/virtual-time.ts';
import { createCommits } from './peers/commits.ts';
import { createGitHubCalls } from './peers/github/calls.ts';
import { APP_ID, createGitHubState, type Person, type SimComment, type SimIssue } from './peers/github/github-state.ts';
import { commentPayload, issuesPayload } from './peers/payloads.ts';
import { createDispatcher } from './process/dispatcher.ts';
import { SERVER } from './process/server-settings.ts';

/*
 * An issue is opened, gets the label that asks for work, and two people ask for the same in comments; the title is
 * edited and somebody asks how it stands. One of the comments is delivered three times: once more under its id, and
 * once under another, as a replay would be. GitHub promises no order, so the eight deliveries come in each of the
 * 40,320 orders.
 *
 * The end must be the same because the three wishes are one wish: whichever arrives first makes the task of the thread,
 * the others find it there and are told so, what is delivered again is known by what was said and not by its delivery,
 * and what carries no order changes nothing. Only who was first may differ. A cancel at the end, after all of it, must
 * find exactly that one task.
 */
const NOON = new Date('2026-03-01T12:00:00.000Z');
const MARA: Person = { id: 1, login: 'mara', isBot: false };
const OMAR: Person = { id: 2, login: 'omar', isBot: false };

interface Event {
  readonly id: string;
  readonly event: string;
  readonly body: Uint8Array;
}

const github = createGitHubState({ time: createVirtualTime(NOON), commits: createCommits() });
github.repositories.set(1, { id: 1, owner: 'acme', name: 'engine', refs: new Map(), archived: false });
github.roles.set(MARA.id, 'write').set(OMAR.id, 'write');
const CALLS = createGitHubCalls(github);
const LOG = createLogger({ level: 'silent', redact: (text) => text });
const ISSUE: SimIssue = {
  repositoryId: 1,
  number: 1,
  author: MARA,
  title: 'The total is wrong',
  body: 'It adds up the wrong column.',
  open: true,
  locked: false,
  labels: new Set(),
  updatedAt: NOON.getTime(),
};

function happened(id: string, event: string, payload: object): Event {
  return { id, event, body: Buffer.from(JSON.stringify(payload)) };
}

function said(guid: string, comment: { id: number; author: Person; body: string }): Event {
  const at = NOON.getTime();
  const rest = { repositoryId: 1, number: 1, appId: null, createdAt: at, updatedAt: at, deleted: false };
  const whole: SimComment = { ...comment, ...rest };
  return happened(guid, 'issue_comment', commentPayload(github, ISSUE, { action: 'created', comment: whole }));
}

function onIssue(guid: string, change: { action: string; label?: string }): Event {
  return happened(guid, 'issues', issuesPayload(github, ISSUE, { ...change, sender: MARA }));
}

const MARA_ASKS = { id: 11, author: MARA, body: '/implement' };
const STORY: readonly Event[] = [
  onIssue('opened', { action: 'opened' }),
  onIssue('labeled', { action: 'labeled', label: 'bosun' }),
  said('asked', MARA_ASKS),
  said('asked', MARA_ASKS),
  said('asked-replayed', MARA_ASKS),
  said('asked-too', { id: 12, author: OMAR, body: '/implement' }),
  onIssue('edited', { action: 'edited' }),
  said('how-is-it', { id: 13, author: OMAR, body: '/status' }),
];
const CANCEL = said('cancel', { id: 14, author: MARA, body: '/cancel' });

function openIntake() {
  const stores = createMemoryStores({ newKey: () => new Uint8Array(32) });
  const notes: string[] = [];
  let nowMs = NOON.getTime();
  let tasks = 0;
  const clock = { now: () => new Date(nowMs) };
  const admission = createAdmission({
    stores,
    github: () => CALLS,
    repoFiles: createRepoFiles({ clock }),
    server: SERVER,
    clock,
    newId: () => `task-${(tasks += 1)}`,
    log: LOG,
  });
  const router = createRouter({
    inbox: stores.inbox,
    queue: { receive: async () => [] },
    appId: APP_ID,
    privateKey: '',
    apiUrl: 'https://github.example',
    dispatcher: createDispatcher(),
    onIncoming: (incoming, deliveryId) => admission.handle(incoming, deliveryId),
    onInstallationGone: async () => 'ignored',
    onRouted: ({ note }) => notes.push(note.replaceAll(/task-\d+/g, 'the task')),
    clock,
    log: LOG,
  });
  return {
    stores,
    notes,
    async deliver(events: readonly Event[]) {
      for (const event of events) {
        nowMs += 1_000;
        await stores.inbox.record({ ...event, receivedAt: clock.now() });
      }
      await router.drain();
    },
  };
}

/** Everything there is at the end, apart from who was first. */
async function endOf(order: readonly Event[]): Promise<string> {
  const { deliver, notes, stores } = openIntake();
  await deliver(order);
  const { state } = stores;
  const waiting = [...state.tasks.values()].map(({ task }) => [task.state, task.wait?.reason, task.budgetNano]);
  await deliver([CANCEL]);
  expect(findBroken(snapshotOfMemory(state))).toEqual([]);
  return JSON.stringify({
    waiting,
    tasks: [...state.tasks.values()].map(({ task }) => [task.state, task.epoch, task.thread.number, task.revision]),
    inbox: [...state.inbox.values()].map((record) => record.state),
    said: notes.toSorted(),
    shown: [...state.outbox.values()]
      .map(({ item }) => (item.message.kind === 'reaction' ? item.message.content : 'reply'))
      .toSorted(),
    scopes: [...state.scopes],
  });
}

function* ordersOf<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length === 0) {
    yield [];
  }
  for (const [index, item] of items.entries()) {
    for (const rest of ordersOf(items.toSpliced(index, 1))) {
      yield [item, ...rest];
    }
  }
}

test('all 40,320 orders of a story end in the same state', { timeout: 600_000 }, async () => {
  const expected = await endOf(STORY);
  expect(JSON.parse(expected)).toMatchObject({
    waiting: [['SUBMITTED', 'slot', SERVER.defaults.taskBudgetNano]],
    tasks: [['CANCELLED', 0, 1, 2]],
    shown: ['confused', 'confused', 'eyes', 'eyes', 'eyes', 'reply', 'reply', 'reply'],
  });
  let orders = 0;
  for (const order of ordersOf(STORY)) {
    const end = await endOf(order);
    if (end !== expected) {
      expect({ order: order.map(({ id }) => id), end: JSON.parse(end) as unknown }).toEqual({
        end: JSON.parse(expected),
      });
    }
    orders += 1;
  }
  expect(orders).toBe(40_320);
});
