import { afterEach, beforeEach, expect } from 'vitest';

import { usdToNano } from '../../../app/budget/money.ts';
import type { ClaimLimits, Claimed, Claimer, NewTask, Stores, TaskPatch } from '../../../app/store/stores.ts';
import type { WakeUp } from '../../../app/store/wake-up.ts';
import type { Task, TaskSettings } from '../../../app/task/task.ts';
import type { TaskState } from '../../../protocol/index.ts';
import { findBroken, type StoreSnapshot } from '../../support/invariants.ts';

/** A fresh, empty implementation of the stores, and a look at its rows. */
export interface StoresUnderTest {
  readonly stores: Stores;
  /** The hints sent so far; emptied by the reader. */
  readonly wakeUps: WakeUp[];
  snapshot(): Promise<StoreSnapshot>;
}

export type OpenStores = () => Promise<StoresUnderTest>;

export const NOON = new Date('2026-11-21T12:00:00.000Z');

export function after(ms: number, from: Date = NOON): Date {
  return new Date(from.getTime() + ms);
}

export const usd = usdToNano;

/** New stores for each test of the enclosing `describe`, whose rows must agree with each other at its end. */
export function withStores(open: OpenStores): StoreHarness {
  let current: StoresUnderTest | null = null;
  let made = 0;

  beforeEach(async () => {
    current = await open();
    made = 0;
  });
  afterEach(async () => {
    expect(findBroken(await harness.snapshot())).toEqual([]);
  });

  const harness: StoreHarness = {
    get stores() {
      if (current === null) {
        throw new Error('the stores are there in tests only');
      }
      return current.stores;
    },
    snapshot: async () => (current === null ? Promise.reject(new Error('no stores')) : current.snapshot()),
    newTask: (facts = {}) => {
      made += 1;
      return sampleTask(`01TASK${String(made).padStart(6, '0')}`, { number: made, ...facts });
    },
    admit: async (facts = {}) => {
      const { at = NOON, ...rest } = facts;
      const task = harness.newTask(rest);
      const admitted = await harness.stores.tasks.admit({
        task,
        semanticKey: `trigger of ${task.id}`,
        now: at,
        rate: { perUserPerHour: 1_000 },
        outbox: [],
      });
      expect(admitted.admitted).toBe(true);
      return 'task' in admitted ? admitted.task : expect.unreachable();
    },
    claim: async (options = {}) => {
      const claimed = await harness.stores.tasks.claim(claimer(options));
      return claimed ?? expect.unreachable('nothing could be claimed');
    },
    running: async (facts = {}) => {
      const task = await harness.admit(facts);
      const claimed = await harness.claim();
      expect(claimed.task.id).toBe(task.id);
      return claimed;
    },
    move: async (task, to, options = {}) => {
      const moved = await harness.stores.tasks.move({
        fence: fenceOf(task),
        to,
        now: options.now ?? NOON,
        event: { kind: 'task.note', data: { note: 'a test' } },
        ...(options.patch === undefined ? {} : { patch: options.patch }),
        ...(to === 'SUBMITTED'
          ? { wait: options.wait ?? { reason: 'slot', wakeAt: NOON, note: null, blockedOn: null } }
          : {}),
      });
      return moved.moved ? moved.task : expect.unreachable(`${task.state} to ${to} did not move`);
    },
    wakeUps: () => current?.wakeUps.splice(0) ?? [],
    find: async (id) => (await harness.stores.tasks.find(id)) ?? expect.unreachable(`no task ${id}`),
  };
  return harness;
}

type Facts = Partial<Omit<NewTask, 'repository' | 'thread' | 'requestedBy'>> & {
  readonly repository?: number;
  readonly number?: number;
  readonly user?: number;
};

export interface StoreHarness {
  readonly stores: Stores;
  snapshot(): Promise<StoreSnapshot>;
  newTask(facts?: Facts): NewTask;
  admit(facts?: Facts & { readonly at?: Date }): Promise<Task>;
  claim(options?: Partial<Claimer>): Promise<Claimed>;
  /** Admitted and claimed: in HYDRATING. */
  running(facts?: Facts): Promise<Claimed>;
  move(
    task: Task,
    to: TaskState,
    options?: { now?: Date; wait?: Task['wait'] & object; patch?: TaskPatch },
  ): Promise<Task>;
  find(id: string): Promise<Task>;
  /** The hints sent since the last call. */
  wakeUps(): WakeUp[];
}

export function fenceOf(task: Task): { taskId: string; epoch: number; leaseNumber: number } {
  return { taskId: task.id, epoch: task.epoch, leaseNumber: task.lease?.number ?? 0 };
}

export function limits(given: Partial<ClaimLimits['concurrency']> & Partial<ClaimLimits['budgets']> = {}): ClaimLimits {
  const { repository = 100, user = 100, server = 100, ...budgets } = given;
  return {
    concurrency: { repository, user, server },
    budgets: { timeZone: 'UTC', serverDayNano: null, repositoryDayNano: null, repositoryMonthNano: null, ...budgets },
  };
}

export function claimer(options: Partial<Claimer> = {}): Claimer {
  return { owner: 'one', now: NOON, leaseMs: 30_000, limits: limits(), ...options };
}

export function sampleTask(id: string, facts: Facts = {}): NewTask {
  const { repository = 1, number = 1, user = 7, ...rest } = facts;
  return {
    id,
    installationId: 3,
    repository: { id: repository, owner: 'acme', name: `repository-${repository}` },
    thread: { number, kind: 'issue' },
    type: 'implement',
    priority: 5,
    requestedBy: { id: user, login: `user-${user}` },
    trigger: { kind: 'comment', commentId: 99, url: 'https://github.example/acme/comment-99' },
    text: {
      title: 'The total is wrong',
      body: 'It adds up the wrong column.',
      author: { id: 8, login: 'writer' },
      request: '',
      sha256: 'aa'.repeat(32),
      at: new Date('2026-11-21T11:59:58.000Z'),
      throughCommentId: 99,
    },
    settings: SETTINGS,
    retryOf: null,
    budgetNano: usd(5),
    branch: `bosun/${id.toLowerCase()}`,
    ...rest,
  };
}

/** Settings of a task that asks for nothing in particular. */
export const SETTINGS: TaskSettings = {
  model: 'claude-sonnet-5',
  maxTurns: 100,
  timeoutMs: 1_800_000,
  idleTimeoutMs: 900_000,
  baseBranch: null,
  path: null,
  dryRun: false,
  setup: null,
  verify: null,
  agent: { kind: 'builtin' },
  instructions: null,
  commentsFrom: 'writers',
  promptTokenBudget: 100_000,
  protectedPaths: [],
};
