import { expect, test } from 'vitest';
import type { DoorCode } from '../../protocol/index.ts';
import type { ModelReply, Turn } from '../../demo/model/model-script.ts';
import { openWorkshop } from './workshop.ts';

const WRITE: ModelReply = { toolUse: [{ name: 'write', input: { file_path: 'new.txt', content: 'kept\n' } }] };
const FINISH: ModelReply = { toolUse: [{ name: 'finish', input: { status: 'done', summary: 'Done.' } }] };

test.each<[DoorCode, object]>([
  ['BUDGET_EXHAUSTED', { ending: 'budget', code: 'BUDGET_EXHAUSTED' }],
  ['MODEL_AUTH', { ending: 'model_error', code: 'MODEL_AUTH' }],
  ['UNKNOWN_MODEL', { ending: 'model_error', code: 'UNKNOWN_MODEL' }],
  ['STALE_EPOCH', { ending: 'stopped' }],
])('%s from the door ends the attempt at once, with the work so far kept', async (code, expected) => {
  const workshop = await openWorkshop([WRITE, FINISH]);
  const { door } = workshop;
  const worker = workshop.start();
  await door.model.waitForCall(1);
  door.refuseModel = code;
  const { result } = await worker.ended;
  expect(result).toMatchObject({ ...expected, turns: 1 });
  expect(await workshop.pushed()).toMatchObject({ 'new.txt': 'kept' });
  expect(door.requests.filter((request) => request.endsWith('/v1/messages'))).toHaveLength(2);
});

test('a key the provider refuses is a model error with a code', async () => {
  const { run } = await openWorkshop([{ fault: 'unauthorized' }]);
  expect((await run()).result).toMatchObject({ ending: 'model_error', code: 'MODEL_AUTH', turns: 0 });
});

test('the slice kept for wrapping up is used to come to an end', async () => {
  const { door, start } = await openWorkshop([WRITE, FINISH]);
  const worker = start();
  await door.model.waitForCall(1);
  door.refuseModelOnce = 'BUDGET_WRAP_UP';
  const { result } = await worker.ended;
  expect(result).toMatchObject({ ending: 'done', summary: 'Done.' });
  expect(lastTexts(door.model.calls.at(-1)?.request)).toContain('budget of this task is nearly used up');
});

test('a door that refuses even that has nothing left to give', async () => {
  const { door, run } = await openWorkshop([WRITE, FINISH]);
  door.refuseModel = 'BUDGET_WRAP_UP';
  expect((await run()).result).toMatchObject({ ending: 'budget', code: 'BUDGET_WRAP_UP' });
});

test('an order to wrap up is passed on to the model once', async () => {
  const workshop = await openWorkshop([WRITE, WRITE, WRITE, FINISH]);
  workshop.door.order = 'wrap_up';
  const { result } = await workshop.run();
  expect(result).toMatchObject({ ending: 'done' });
  const told = JSON.stringify(workshop.door.model.calls.at(-1)?.request).split('nearly used up').length - 1;
  expect(told).toBe(1);
});

test('a tool that does not exist is answered with an error and the work goes on', async () => {
  const { door, run } = await openWorkshop([{ toolUse: [{ name: 'teleport', input: {} }] }, WRITE, FINISH]);
  const { result } = await run();
  expect(result).toMatchObject({ ending: 'done', turns: 3 });
  expect(JSON.stringify(door.model.calls[1]?.request.messages)).toContain("Tool 'teleport' not found");
});

test('a report that makes no sense is answered with what is wrong', async () => {
  const bad: ModelReply = { toolUse: [{ name: 'finish', input: { status: 'maybe', summary: 'x' } }] };
  const { door, run } = await openWorkshop([bad, FINISH]);
  expect((await run()).result).toMatchObject({ ending: 'done', turns: 2 });
  expect(JSON.stringify(door.model.calls[1]?.request.messages)).toContain('finish: status');
});

test.each<[string, Turn]>([
  ['overloaded', { fault: 'overloaded' }],
  ['in trouble', { fault: 'server_error' }],
  ['cut off in the middle of a stream', { fault: 'cut', afterEvents: 4, reply: WRITE }],
  ['cut off before it began', { fault: 'cut', afterEvents: 0, reply: WRITE }],
  ['answering nonsense', { fault: 'malformed' }],
])('a model that is %s once is asked again', async (_, fault) => {
  const { run, pushed } = await openWorkshop([fault, WRITE, FINISH]);
  expect((await run()).result).toMatchObject({ ending: 'done' });
  expect(await pushed()).toMatchObject({ 'new.txt': 'kept' });
});

test('an answer that is cut at its limit is gone on from', async () => {
  const cut: ModelReply = { text: 'I was about to', stopReason: 'max_tokens' };
  const { door, run } = await openWorkshop([cut, WRITE, FINISH]);
  expect((await run()).result).toMatchObject({ ending: 'done', turns: 3 });
  expect(lastTexts(door.model.calls[1]?.request)).toContain('cut off at its limit');
});

test('the turns end where the job says, with a warning before and the work kept', async () => {
  const { door, run, pushed } = await openWorkshop(() => WRITE);
  const { result } = await run({ maxTurns: 6 });
  expect(result).toMatchObject({ ending: 'max_turns', turns: 6 });
  expect(door.model.calls).toHaveLength(6);
  expect(JSON.stringify(door.model.calls[3]?.request.messages.at(-1))).toContain('You have 3 turns left');
  expect(await pushed()).toMatchObject({ 'new.txt': 'kept' });
});

test('what is sent fits the door: bearer token, current version, nothing that samples, caches marked', async () => {
  const { door, run } = await openWorkshop([WRITE, FINISH]);
  await run();
  const [first] = door.model.calls;
  expect(first).toMatchObject({ isStream: true, version: '2026-10-21' });
  expect(Object.keys(first?.request ?? {}).sort()).toEqual([
    'cache_control',
    'max_tokens',
    'messages',
    'model',
    'stream',
    'system',
    'tools',
  ]);
  expect((first?.request.tools ?? []).map(({ name }) => name)).toEqual([
    'bash',
    'read',
    'write',
    'edit',
    'glob',
    'grep',
    'finish',
  ]);
});

test('programs of the agent find no token and no job', async () => {
  const look = `env; cat /proc/$PPID/environ | tr '\\0' '\\n'; cat "$HOME/job.json"; git config --list; true`;
  const { door, job, run } = await openWorkshop([{ toolUse: [{ name: 'bash', input: { command: look } }] }, FINISH]);
  await run({ setup: 'env', verify: 'env' });
  const seen = JSON.stringify([door.model.calls[1]?.request.messages, door.events]);
  expect(seen).toContain('GIT_AUTHOR_NAME');
  expect(seen).toContain('job.json: No such file');
  expect(seen).not.toContain(job.door.token);
});

function lastTexts(request: { messages: { content: unknown }[] } | undefined): string {
  return JSON.stringify(request?.messages.slice(-2));
}
