import { isTerminal, type TaskState } from '../../protocol/index.ts';
import { isEligible, isLive } from '../../app/store/rules/task-facts.ts';
import type { Wait } from '../../app/task/task.ts';

/** The rows that must agree with each other, as any implementation of the stores can show them. */
export interface StoreSnapshot {
  readonly tasks: readonly {
    readonly id: string;
    readonly repositoryId: number;
    readonly threadNumber: number;
    readonly userId: number;
    readonly state: TaskState;
    readonly epoch: number;
    readonly wait: Wait | null;
    readonly leased: boolean;
    readonly finished: boolean;
    readonly budgetNano: number;
    /** Without what the live attempt spent. */
    readonly settledNano: number;
    /** Set aside for what ended attempts have in flight. */
    readonly heldNano: number;
    readonly revision: number;
    readonly cursorRevision: number;
  }[];
  readonly attempts: readonly {
    readonly taskId: string;
    readonly epoch: number;
    readonly budgetNano: number;
    readonly spentNano: number;
    readonly inflightNano: number;
    readonly open: boolean;
    readonly ended: boolean;
    readonly scopeKeys: readonly string[];
  }[];
  readonly ledger: readonly {
    readonly taskId: string;
    readonly epoch: number;
    readonly upperNano: number;
    readonly costNano: number | null;
  }[];
  readonly lanes: ReadonlyMap<number, { readonly queued: number; readonly running: number }>;
  readonly slots: ReadonlyMap<string, number>;
  readonly scopes: ReadonlyMap<
    string,
    { readonly reservedNano: number; readonly spentNano: number; readonly capNano: number | null }
  >;
}

/** What must hold between any two transactions. One sentence for each breach; empty when all is well. */
export function findBroken(snapshot: StoreSnapshot): string[] {
  return [
    ...checkTasks(snapshot),
    ...checkThreads(snapshot),
    ...checkAttempts(snapshot),
    ...checkLanes(snapshot),
    ...checkSlots(snapshot),
    ...checkScopes(snapshot),
  ];
}

type Task = StoreSnapshot['tasks'][number];

function checkTasks({ tasks, attempts }: StoreSnapshot): string[] {
  return tasks.flatMap((task) => {
    const own = attempts.filter((attempt) => attempt.taskId === task.id);
    const live = own.filter((attempt) => !attempt.ended);
    const name = `task ${task.id} (${task.state})`;
    return [
      say(isTerminal(task.state) === task.finished, `${name}: finished is ${task.finished}`),
      say((task.state === 'SUBMITTED') === (task.wait !== null), `${name}: its wait is ${JSON.stringify(task.wait)}`),
      say(isLive(task) === task.leased, `${name}: leased is ${task.leased}`),
      say(live.length === Number(isLive(task)), `${name}: has ${live.length} live attempts`),
      say(
        live.every((attempt) => attempt.epoch === task.epoch),
        `${name}: its live attempt is not of epoch ${task.epoch}`,
      ),
      say(own.length === task.epoch, `${name}: has ${own.length} attempts at epoch ${task.epoch}`),
      say(
        live.every((attempt) => !attempt.open || task.state !== 'FINALIZING'),
        `${name}: its door is still open`,
      ),
      say(task.cursorRevision === task.revision, `${name}: reports see revision ${task.cursorRevision}`),
      ...checkMoney(task, own),
    ].flat();
  });
}

function checkMoney(task: Task, own: StoreSnapshot['attempts']): string[] {
  const ended = own.filter((attempt) => attempt.ended);
  const settled = sum(ended.map((attempt) => attempt.spentNano));
  const held = sum(ended.map((attempt) => attempt.inflightNano));
  const reserved = sum(own.filter((attempt) => !attempt.ended).map((attempt) => attempt.budgetNano));
  return [
    say(task.settledNano === settled, `task ${task.id}: settled ${task.settledNano}, its attempts spent ${settled}`),
    say(task.heldNano === held, `task ${task.id}: holds ${task.heldNano}, its attempts have ${held} in flight`),
    say(
      settled + held + reserved <= task.budgetNano,
      `task ${task.id}: ${settled} + ${held} + ${reserved} is over its budget of ${task.budgetNano}`,
    ),
  ].flat();
}

function checkThreads({ tasks }: StoreSnapshot): string[] {
  const live = tasks
    .filter((task) => !isTerminal(task.state))
    .map((task) => `${task.repositoryId}#${task.threadNumber}`);
  return [...count(live)].flatMap(([thread, tasks]) =>
    say(tasks === 1, `thread ${thread} has ${tasks} tasks that have not ended`),
  );
}

function checkAttempts({ attempts, ledger }: StoreSnapshot): string[] {
  return attempts.flatMap((attempt) => {
    const rows = ledger.filter((row) => row.taskId === attempt.taskId && row.epoch === attempt.epoch);
    const inflight = sum(rows.filter((row) => row.costNano === null).map((row) => row.upperNano));
    const spent = sum(rows.map((row) => row.costNano ?? 0));
    const name = `attempt ${attempt.taskId}/${attempt.epoch}`;
    return [
      say(attempt.inflightNano === inflight, `${name}: in flight ${attempt.inflightNano}, its ledger says ${inflight}`),
      say(attempt.spentNano === spent, `${name}: spent ${attempt.spentNano}, its ledger says ${spent}`),
      say(attempt.spentNano + attempt.inflightNano <= attempt.budgetNano, `${name}: over its budget`),
      say(!(attempt.open && attempt.ended), `${name}: ended with an open door`),
    ].flat();
  });
}

function checkLanes({ tasks, lanes }: StoreSnapshot): string[] {
  const queued = count(tasks.filter(isEligible).map((task) => task.repositoryId));
  const running = count(tasks.filter(isLive).map((task) => task.repositoryId));
  const ids = new Set([...lanes.keys(), ...queued.keys(), ...running.keys()]);
  return [...ids].flatMap((id) => {
    const lane = lanes.get(id) ?? { queued: 0, running: 0 };
    const counted = { queued: queued.get(id) ?? 0, running: running.get(id) ?? 0 };
    const right = lane.queued === counted.queued && lane.running === counted.running;
    return say(right, `lane ${id}: holds ${JSON.stringify(lane)}, counted ${JSON.stringify(counted)}`);
  });
}

function checkSlots({ tasks, slots }: StoreSnapshot): string[] {
  const live = tasks.filter(isLive);
  const counted = count(live.flatMap((task) => ['server', `user:${task.userId}`]));
  const scopes = new Set([...slots.keys(), ...counted.keys()]);
  return [...scopes].flatMap((scope) =>
    say(
      (slots.get(scope) ?? 0) === (counted.get(scope) ?? 0),
      `slot ${scope}: holds ${slots.get(scope)}, counted ${counted.get(scope) ?? 0}`,
    ),
  );
}

function checkScopes({ attempts, scopes }: StoreSnapshot): string[] {
  return [...scopes].flatMap(([key, scope]) => {
    const drawing = attempts.filter((attempt) => attempt.scopeKeys.includes(key));
    const reserved = sum(drawing.map((attempt) => (attempt.ended ? attempt.inflightNano : attempt.budgetNano)));
    const spent = sum(drawing.map((attempt) => (attempt.ended ? attempt.spentNano : 0)));
    return [
      say(scope.reservedNano === reserved, `scope ${key}: reserved ${scope.reservedNano}, counted ${reserved}`),
      say(scope.spentNano === spent, `scope ${key}: spent ${scope.spentNano}, counted ${spent}`),
      say(
        scope.capNano === null || scope.reservedNano + scope.spentNano <= scope.capNano,
        `scope ${key}: ${scope.reservedNano} + ${scope.spentNano} is over its cap of ${scope.capNano}`,
      ),
    ].flat();
  });
}

function say(holds: boolean, sentence: string): string[] {
  return holds ? [] : [sentence];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function count<Key>(keys: readonly Key[]): Map<Key, number> {
  const counts = new Map<Key, number>();
  keys.forEach((key) => counts.set(key, (counts.get(key) ?? 0) + 1));
  return counts;
}
