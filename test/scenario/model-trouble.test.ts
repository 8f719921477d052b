import { expect, test } from 'vitest';
import { fingerprintOf, writeModelRefusal } from '../../app/store/model-refusal.ts';
import type { ModelReply, ModelRequest, Turn, TurnContext } from '../../demo/model/model-script.ts';
import { openPlace, type Place } from './repositories.ts';
import { withScenario } from './open-scenario.ts';

type Play = (turn: number, nth: number) => Turn;

/** What the model plays, by the title of the issue; `nth` counts the requests of that issue. */
const plays = new Map<string, { play: Play; requests: number }>();

const scenario = withScenario({ script: dispatch, settings: { BOSUN_TASKS_PER_USER_PER_HOUR: '1000' } });

function dispatch(request: ModelRequest, context: TurnContext): Turn {
  const told = JSON.stringify(request.messages[0]);
  const entry = [...plays].find(([title]) => told.includes(title))?.[1];
  if (entry === undefined) {
    return { text: 'Nobody told me anything.' };
  }
  entry.requests += 1;
  return entry.play(context.turn, entry.requests);
}

const WRITE: ModelReply = { toolUse: [{ name: 'bash', input: { command: 'echo done > DONE.md' } }] };
const DONE: ModelReply = { text: 'Wrote it down.' };
const GOOD: Play = (turn) => (turn === 0 ? WRITE : DONE);

let count = 0;

async function implement(play: Play, flags = ''): Promise<Place> {
  count += 1;
  const title = `Trouble ${count} of many`;
  plays.set(title, { play, requests: 0 });
  const place = await openPlace(scenario(), { title });
  await place.comment(`/implement ${flags}`);
  return place;
}

test('while the key is refused no attempt begins and nothing is spent', async () => {
  const { stores } = scenario().bosun.storage;
  const now = new Date();
  const probeAt = new Date(now.getTime() + 3_600_000);
  await writeModelRefusal(stores.keys, {
    since: now,
    status: 403,
    key: fingerprintOf(scenario().model.key),
    probes: 0,
    probeAt,
  });
  const place = await implement(GOOD);
  const waiting = await place.waitForTask((row) => row.wait?.reason === 'model');
  await writeModelRefusal(stores.keys, null);
  expect(waiting).toMatchObject({ state: 'SUBMITTED', failure: null, spentNano: 0 });
  expect(waiting.wait?.note).toContain('status 403');
  expect(await place.refs()).toEqual([]);
});

test.each<{ what: string; play: Play }>([
  {
    what: 'a limit with retry-after',
    play: (turn, nth) => (nth === 2 ? { fault: 'rate_limited', retryAfterSeconds: 1 } : GOOD(turn, nth)),
  },
  {
    what: 'a storm of 529',
    play: (turn, nth) => (nth > 1 && nth < 4 ? { fault: 'overloaded' } : GOOD(turn, nth)),
  },
  {
    what: 'a server error',
    play: (turn, nth) => (nth === 2 ? { fault: 'server_error' } : GOOD(turn, nth)),
  },
  {
    what: 'a stream that is cut',
    play: (turn, nth) => (nth === 1 ? { fault: 'cut', afterEvents: 3, reply: WRITE } : GOOD(turn, nth)),
  },
  {
    what: 'an answer that makes no sense',
    play: (turn, nth) => (nth === 1 ? { fault: 'malformed' } : GOOD(turn, nth)),
  },
  {
    what: 'a tool that does not exist',
    play: (turn) => [{ toolUse: [{ name: 'launch_rocket', input: { where: 'up' } }] }, WRITE, DONE][turn] ?? DONE,
  },
])('$what is got over, and the pull request comes all the same', async ({ play }) => {
  const place = await implement(play);
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'COMPLETED', outcome: { kind: 'published' } });
  expect(await scenario().github.readFile(place.repository, { path: 'DONE.md', ref: task.branch })).toBe('done\n');
});

test('a model that does not answer is waited for with the work saved, and the task continues on its own', async () => {
  let isAway = true;
  const more: ModelReply = { toolUse: [{ name: 'bash', input: { command: 'cat DONE.md > MORE.md' } }] };
  const place = await implement((turn) => {
    if (turn === 0) {
      return isAway ? WRITE : more;
    }
    return isAway ? { fault: 'cut', afterEvents: 2, reply: DONE } : DONE;
  });
  const waiting = await place.waitForTask((row) => row.wait?.reason === 'model');
  expect(waiting).toMatchObject({ state: 'SUBMITTED', failure: null, outcome: { kind: 'partial' } });
  expect(waiting.wait?.wakeAt.getTime()).toBeGreaterThan(Date.now());
  expect(await place.told(/Waiting for the model provider/)).toContain('Kept so far');
  isAway = false;
  const { database } = scenario().bosun.storage;
  await database.query({ text: 'update task set wake_at = now() where id = $1', values: [waiting.id] });
  await database.query({ text: `select pg_notify('bosun_wake', '{"kind":"task","id":"*"}')` });
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'COMPLETED', epoch: 2, branch: waiting.branch });
  expect(await scenario().github.readFile(place.repository, { path: 'MORE.md', ref: task.branch })).toBe('done\n');
});

test('a model that never answers ends at the idle limit with what there is', async () => {
  const place = await implement((turn) => (turn === 0 ? WRITE : { fault: 'hang' }));
  const running = await place.waitForTask((row) => row.state === 'RUNNING');
  await passTime(running.id);
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'TIMED_OUT', failure: { code: 'IDLE_TIMEOUT' } });
  expect(await place.told(/no progress/)).toContain('/retry');
});

test('a tiny budget is warned of, wrapped up, published as a draft and paused; /budget continues in the same pull request', async () => {
  const dear = { input: 1_000, output: 13_000 };
  const place = await implement((turn) => {
    switch (turn) {
      case 0:
        return { toolUse: [{ name: 'bash', input: { command: 'echo half > DONE.md' } }], usage: dear };
      default:
        return { toolUse: [{ name: 'bash', input: { command: 'echo more >> DONE.md' } }], usage: dear };
    }
  }, '--budget 0.60');
  const paused = await place.ended();
  expect(paused).toMatchObject({ state: 'SUBMITTED', wait: { reason: 'budget' }, outcome: { kind: 'partial' } });
  const events = await scenario().bosun.storage.stores.tasks.events(paused.id);
  expect(events.filter(({ kind }) => kind === 'task.budget_warning').length).toBeGreaterThan(0);
  const comment = await place.told(/the budget of this task is used up/);
  expect(comment).toContain('/budget +5');
  expect(comment).toContain(paused.branch);
  const [pull] = scenario().github.pulls(place.repository);
  expect(pull?.pull?.draft).toBe(true);
  expect(pull?.body).toContain('the budget is used up');
  const first = await scenario().github.git(place.repository, ['rev-parse', paused.branch]);

  const [entry] = [...plays.values()].slice(-1);
  if (entry !== undefined) {
    entry.play = (turn) =>
      turn === 0 ? { toolUse: [{ name: 'bash', input: { command: 'echo whole >> DONE.md' } }] } : DONE;
  }
  await place.comment('/budget +5');
  const task = await place.waitForTask((row) => row.state === 'COMPLETED');
  expect(task).toMatchObject({ id: paused.id, epoch: 2, branch: paused.branch, budgetNano: 5_600_000_000 });
  expect(scenario().github.pulls(place.repository)).toHaveLength(1);
  expect(await place.refs()).toEqual([`refs/heads/${task.branch}`]);
  const line = await scenario().github.git(place.repository, ['rev-list', task.branch]);
  expect(line.stdout.toString()).toContain(first.stdout.toString().trim());
  const text = await scenario().github.readFile(place.repository, { path: 'DONE.md', ref: task.branch });
  expect(text).toMatch(/^half\n(more\n)*whole\n$/);
  expect(pull?.body).not.toContain('not finished');
  expect(pull?.body).toContain(`Closes #${place.thread.number}`);
});

/** Moves the last sign of progress far enough back for the idle limit. */
async function passTime(taskId: string): Promise<void> {
  const { database, queue, stores } = scenario().bosun.storage;
  await expect
    .poll(async () => (await stores.attempts.find({ taskId, epoch: 1 }))?.modelCalls, { timeout: 10_000 })
    .toBeGreaterThan(1);
  await database.query({
    text: `update attempt set started_at = started_at - interval '20 minutes', progress_at = progress_at - interval '16 minutes' where task_id = $1`,
    values: [taskId],
  });
  await queue.send({ kind: 'task', id: taskId });
}
