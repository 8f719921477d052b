import { expect, test } from 'vitest';
import { WorkLost } from '../../app/git/attempt/attempt.ts';
import type { OrchestratorContext } from '../../app/orchestrator/context.ts';
import { stepFinalizing } from '../../app/orchestrator/step-finalizing.ts';
import { stepHydrating } from '../../app/orchestrator/step-hydrating.ts';
import { createMemoryStores, type MemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import { ServiceUnavailable } from '../../app/task/service-unavailable.ts';
import type { Task } from '../../app/task/task.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import { claimer, fenceOf, NOON, sampleTask } from '../contract/stores/store-harness.ts';

const AWAY = new ServiceUnavailable('The bucket b does not answer.', { place: 'store' });
const BRANCH_IS_FREE = { kind: 'settled', branch: 'bosun/task-1', publication: null, note: null, earlier: 'usable' };
const signals = {
  wait: async () => undefined,
  nudge: () => undefined,
  mayReap: async () => true,
  signal: new AbortController().signal,
};

async function hydrating(stores: MemoryStores): Promise<Task> {
  const task = sampleTask('task-1', { number: 1 });
  await stores.tasks.admit({ task, semanticKey: task.id, now: NOON, rate: { perUserPerHour: 100 }, outbox: [] });
  return (await stores.tasks.claim(claimer()))?.task ?? expect.fail('nothing could be claimed');
}

async function finalizing(stores: MemoryStores): Promise<Task> {
  const fence = fenceOf(await hydrating(stores));
  await stores.tasks.move({ fence, to: 'RUNNING', now: NOON, event: { kind: 'task.started' } });
  const ended = { kind: 'task.session_ended' as const, data: { session: { kind: 'finished' as const } } };
  const moved = await stores.tasks.move({ fence, to: 'FINALIZING', now: NOON, event: ended });
  return moved.moved ? moved.task : expect.fail('the task did not move');
}

function contextOf(parts: object): OrchestratorContext {
  const ignore = (): void => undefined;
  return {
    clock: { now: () => NOON },
    random: () => 0.5,
    log: createLogger({ level: 'silent', redact: (text) => text }),
    metrics: { moneySpent: ignore, gateRefused: ignore, taskEnded: ignore, taskWaits: ignore },
    times: { githubPatienceMs: 60_000, hydrationTimeoutMs: 60_000 },
    compute: { stop: async () => undefined, clean: async () => undefined },
    git: { tip: async () => null },
    publisher: { settleBranch: async () => BRANCH_IS_FREE },
    ...parts,
  } as unknown as OrchestratorContext;
}

test('finalizing waits while the artifacts are unavailable, reports it, and continues when they are back', async () => {
  const stores = createMemoryStores();
  const task = await finalizing(stores);
  let tries = 0;
  const publisher = {
    async publish() {
      tries += 1;
      return tries < 3 ? Promise.reject(AWAY) : { kind: 'stale' };
    },
  };
  expect(await stepFinalizing(task, contextOf({ stores, publisher }), signals)).toBeNull();
  expect(tries).toBe(3);
  const waits = (await stores.tasks.events(task.id)).filter((event) => event.kind === 'task.waiting');
  expect(waits.map(({ data }) => [data.reason, data.note])).toEqual([
    ['backoff', AWAY.message],
    ['backoff', AWAY.message],
  ]);
  expect(await stores.tasks.find(task.id)).toMatchObject({ state: 'FINALIZING' });
});

test('finalizing ends with a failure of its own when they stay unavailable for too long', async () => {
  const stores = createMemoryStores();
  const task = await finalizing(stores);
  let nowMs = NOON.getTime();
  const clock = {
    now: () => {
      nowMs += 10_000;
      return new Date(nowMs);
    },
  };
  const publisher = { publish: async () => Promise.reject(AWAY) };
  expect(await stepFinalizing(task, contextOf({ stores, publisher, clock }), signals)).toBeNull();
  expect(await stores.tasks.find(task.id)).toMatchObject({
    state: 'FAILED',
    failure: { code: 'STORE_UNAVAILABLE', detail: AWAY.message },
  });
});

test('an attempt that cannot begin while the artifacts are unavailable is put back, and not counted as lost', async () => {
  const stores = createMemoryStores();
  const task = await hydrating(stores);
  const hydrator = { hydrate: async () => Promise.reject(AWAY) };
  expect(await stepHydrating(task, contextOf({ stores, hydrator }), signals)).toBeNull();
  expect(await stores.tasks.find(task.id)).toMatchObject({
    state: 'SUBMITTED',
    lostAttempts: 0,
    wait: { reason: 'backoff', note: AWAY.message },
  });
});

test('earlier work that cannot be read back ends the task with what to do', async () => {
  const stores = createMemoryStores();
  const task = await hydrating(stores);
  const hydrator = { hydrate: async () => Promise.reject(new WorkLost('The artifact x is missing.')) };
  expect(await stepHydrating(task, contextOf({ stores, hydrator }), signals)).toBeNull();
  expect(await stores.tasks.find(task.id)).toMatchObject({
    state: 'FAILED',
    failure: { code: 'WORK_LOST', detail: 'The artifact x is missing.', blame: 'operator' },
  });
});

test('an attempt whose worker cannot be started while the engine is away is put back, and not counted as lost', async () => {
  const stores = createMemoryStores();
  const task = await hydrating(stores);
  const read = { sources: [], tokenEstimate: 1, truncated: false, dropped: 0, leftOut: {}, hidden: 0 };
  const hydrated = {
    baseBranch: 'main',
    baseSha: 'a'.repeat(40),
    earlier: null,
    prompt: { system: '', user: '' },
    read,
    outsiders: [],
    submodules: [],
    usesLfs: false,
    missing: [],
    environment: { setup: null, verify: null, inputs: [], checkoutBytes: 0 },
  };
  const reason = 'no container engine answers at /var/run/docker.sock';
  const parts = {
    stores,
    hydrator: { hydrate: async () => ({ kind: 'ready', hydrated }) },
    git: { tip: async () => null, prepare: async () => undefined },
    artifacts: { put: async () => undefined },
    newToken: () => 'token',
    worker: {},
    compute: { start: async () => ({ started: false, reason, remedy: 'Start it.', isOutage: true }) },
  };
  expect(await stepHydrating(task, contextOf(parts), signals)).toBeNull();
  expect(await stores.tasks.find(task.id)).toMatchObject({
    state: 'SUBMITTED',
    lostAttempts: 0,
    wait: { reason: 'backoff', note: reason },
  });
});
