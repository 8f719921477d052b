import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DoorCode } from '../../protocol/index.ts';
import type { ModelReply, Turn } from '../../demo/model/model-script.ts';
import { builtinAgent } from '../../worker/agent/builtin.ts';
import { testAgent } from '../contract/agent.ts';
import { openBench } from './agent-bench.ts';

const WRITE: ModelReply = { toolUse: [{ name: 'write', input: { file_path: 'new.txt', content: 'new\n' } }] };
const FINISH: ModelReply = { toolUse: [{ name: 'finish', input: { status: 'done', summary: 'Wrote it.' } }] };
const ASK: ModelReply = {
  toolUse: [{ name: 'finish', input: { status: 'not_enough_context', summary: '', questions: ['Which?', 'Why?'] } }],
};
const agent = { kind: 'builtin' } as const;

function bash(command: string): ModelReply {
  return { toolUse: [{ name: 'bash', input: { command } }] };
}

describe('the built-in agent', () => {
  testAgent({
    agent: builtinAgent,
    done: { script: [WRITE, FINISH], agent },
    asks: { script: [ASK], agent },
    endless: { script: () => bash('sleep 1000'), agent },
    poor: { script: [WRITE, FINISH], agent },
  });

  test.each<[DoorCode, object]>([
    ['BUDGET_EXHAUSTED', { ending: 'budget', code: 'BUDGET_EXHAUSTED' }],
    ['MODEL_AUTH', { ending: 'model_error', code: 'MODEL_AUTH' }],
    ['UNKNOWN_MODEL', { ending: 'model_error', code: 'UNKNOWN_MODEL' }],
    ['FORBIDDEN_FIELD', { ending: 'model_error', code: 'FORBIDDEN_FIELD' }],
    ['STALE_EPOCH', { ending: 'stopped' }],
  ])('%s from the door ends it at once', async (code, expected) => {
    const { door, run } = await openBench(builtinAgent, [WRITE, FINISH]);
    door.refuseModel = code;
    expect(await run()).toMatchObject({ ...expected, turns: 0 });
    expect(door.requests).toHaveLength(1);
  });

  test('a key the provider refuses is a model error with a code', async () => {
    const { run } = await openBench(builtinAgent, [{ fault: 'unauthorized' }]);
    expect(await run()).toMatchObject({ ending: 'model_error', code: 'MODEL_AUTH', turns: 0 });
  });

  test('the slice kept for wrapping up is used to come to an end', async () => {
    const { door, run } = await openBench(builtinAgent, [WRITE, FINISH]);
    door.refuseModelOnce = 'BUDGET_WRAP_UP';
    expect(await run()).toMatchObject({ ending: 'done', summary: 'Wrote it.' });
    expect(lastMessages(door.model.calls.at(0)?.request)).toContain('budget of this task is nearly used up');
  });

  test('a door that refuses even that has nothing left to give', async () => {
    const { door, run } = await openBench(builtinAgent, [WRITE, FINISH]);
    door.refuseModel = 'BUDGET_WRAP_UP';
    expect(await run()).toMatchObject({ ending: 'budget', code: 'BUDGET_WRAP_UP' });
  });

  test('a word to wrap up is passed on to the model once', async () => {
    const { door, run, wrapUp } = await openBench(builtinAgent, [WRITE, WRITE, WRITE, FINISH]);
    wrapUp.abort('Come to an end, please.');
    expect(await run()).toMatchObject({ ending: 'done' });
    expect(JSON.stringify(door.model.calls.at(-1)?.request).split('Come to an end').length - 1).toBe(1);
  });

  test('two edits of one file in one answer are both kept', async () => {
    const edit = (old: string, replacement: string) => ({
      name: 'edit',
      input: { file_path: 'new.txt', old_string: old, new_string: replacement },
    });
    const { read, run } = await openBench(builtinAgent, [
      { toolUse: [{ name: 'write', input: { file_path: 'new.txt', content: 'one two three\n' } }] },
      { toolUse: [edit('one', '1'), edit('two', '2'), edit('three', '3')] },
      FINISH,
    ]);
    expect(await run()).toMatchObject({ ending: 'done' });
    expect(await read('new.txt')).toBe('1 2 3\n');
  });

  test('a tool that does not exist is answered with an error and the work continues', async () => {
    const { door, run } = await openBench(builtinAgent, [
      { toolUse: [{ name: 'teleport', input: {} }] },
      WRITE,
      FINISH,
    ]);
    expect(await run()).toMatchObject({ ending: 'done', turns: 3 });
    expect(JSON.stringify(door.model.calls[1]?.request.messages)).toContain("Tool 'teleport' not found");
  });

  test('a report that makes no sense is answered with what is wrong', async () => {
    const bad: ModelReply = { toolUse: [{ name: 'finish', input: { status: 'maybe', summary: 'x' } }] };
    const { door, run } = await openBench(builtinAgent, [bad, FINISH]);
    expect(await run()).toMatchObject({ ending: 'done', turns: 2 });
    expect(JSON.stringify(door.model.calls[1]?.request.messages)).toContain('finish: status');
  });

  test.each<[string, Turn]>([
    ['overloaded', { fault: 'overloaded' }],
    ['in trouble', { fault: 'server_error' }],
    ['cut off in the middle of a stream', { fault: 'cut', afterEvents: 4, reply: WRITE }],
    ['cut off before it began', { fault: 'cut', afterEvents: 0, reply: WRITE }],
    ['answering nonsense', { fault: 'malformed' }],
  ])('a model that is %s once is asked again', async (_, fault) => {
    const { run, read } = await openBench(builtinAgent, [fault, WRITE, FINISH]);
    expect(await run()).toMatchObject({ ending: 'done', turns: 2 });
    expect(await read('new.txt')).toBe('new\n');
  });

  test('an answer that is cut at its limit is continued', async () => {
    const cut: ModelReply = { text: 'I was about to', stopReason: 'max_tokens' };
    const { door, run } = await openBench(builtinAgent, [cut, WRITE, FINISH]);
    expect(await run()).toMatchObject({ ending: 'done', turns: 3 });
    expect(lastMessages(door.model.calls[1]?.request)).toContain('cut off at its limit');
  });

  test('half a tool call in an answer that is cut is not run', async () => {
    const cut: ModelReply = { ...bash('touch ran'), stopReason: 'max_tokens' };
    const { run, read } = await openBench(builtinAgent, [cut, WRITE, FINISH]);
    expect(await run()).toMatchObject({ ending: 'done' });
    await expect(read('ran')).rejects.toThrow(/ENOENT/);
  });

  test.each(['end_turn', 'stop_sequence', 'pause_turn', 'a_new_reason'])(
    'a tool call in an answer that stopped with %s is run',
    async (stopReason) => {
      const { run, read } = await openBench(builtinAgent, [
        { ...WRITE, text: 'Now the file.', stopReason },
        { ...FINISH, stopReason },
      ]);
      expect(await run()).toMatchObject({ ending: 'done', summary: 'Wrote it.', turns: 2 });
      expect(await read('new.txt')).toBe('new\n');
    },
  );

  test('a whole tool call before the words that were cut off is run', async () => {
    const both: ModelReply = {
      toolUse: [...(WRITE.toolUse ?? []), { name: 'bash', input: { command: 'touch ran' } }],
      stopReason: 'end_turn',
    };
    const { run, read } = await openBench(builtinAgent, [both, FINISH]);
    expect(await run()).toMatchObject({ ending: 'done', turns: 2 });
    expect(await read('new.txt')).toBe('new\n');
    expect(await read('ran')).toBe('');
  });

  test('a report next to other calls ends the work after all of them', async () => {
    const both: ModelReply = { toolUse: [...(FINISH.toolUse ?? []), ...(WRITE.toolUse ?? [])] };
    const { run, read } = await openBench(builtinAgent, [both, bash('touch ran')]);
    expect(await run()).toMatchObject({ ending: 'done', summary: 'Wrote it.', turns: 1 });
    expect(await read('new.txt')).toBe('new\n');
  });

  test.each<[string, ModelReply]>([
    ['empty', { text: '' }],
    ['of blanks', { text: ' \n ' }],
    ['without a clear end', { text: 'I will now', stopReason: 'a_new_reason' }],
    ['that promises a tool call and has none', { text: 'Let me look.', stopReason: 'tool_use' }],
    ['that is paused', { text: 'One moment.', stopReason: 'pause_turn' }],
  ])('an answer %s is asked for again and the work continues', async (_name, reply) => {
    let asked = 0;
    const script = (): ModelReply => [WRITE, reply, FINISH][asked++] ?? FINISH;
    const { run } = await openBench(builtinAgent, script);
    expect(await run()).toMatchObject({ ending: 'done', summary: 'Wrote it.', turns: 3 });
  });

  test('a model that only ever answers nothing is at fault after three answers', async () => {
    const { door, run } = await openBench(builtinAgent, () => ({ text: '' }));
    expect(await run()).toMatchObject({ ending: 'agent_error', code: 'EMPTY_ANSWER' });
    expect(door.model.calls).toHaveLength(3);
    expect(lastMessages(door.model.calls[1]?.request)).toContain('neither a tool call nor an end');
  });

  test('output that ends inside a character is sent as well-formed text, whatever its length', async () => {
    for (const shift of ['', 'x', 'xx', 'xxx']) {
      const print = `printf '${shift}'; yes 😀 | head -c 600000 | tr -d '\\n'; printf y`;
      const { door, run } = await openBench(builtinAgent, [bash(print), FINISH]);
      expect(await run()).toMatchObject({ ending: 'done' });
      const messages = door.model.calls[1]?.request.messages ?? [];
      expect(JSON.stringify(messages)).toContain('😀');
      expect(JSON.stringify(messages)).not.toMatch(/\\ud[89a-f]/);
    }
  });

  test('a model that refuses is an end with a reason', async () => {
    const { door, run } = await openBench(builtinAgent, () => ({ text: 'No.', stopReason: 'refusal' }));
    expect(await run()).toMatchObject({ ending: 'agent_error', code: 'REFUSAL', summary: 'No.' });
    expect(door.model.calls).toHaveLength(3);
  });

  test('the turns end at the limit of the job, with a warning before', async () => {
    const { door, run } = await openBench(builtinAgent, () => WRITE);
    expect(await run({ maxTurns: 6 })).toMatchObject({ ending: 'max_turns', turns: 6 });
    expect(door.model.calls).toHaveLength(6);
    expect(JSON.stringify(door.model.calls[3]?.request.messages.at(-1))).toContain('You have 3 turns left');
  });

  test('what is sent fits the door: the current version, nothing that samples, caches marked', async () => {
    const { door, run } = await openBench(builtinAgent, [WRITE, FINISH]);
    await run();
    const [first] = door.model.calls;
    expect(first).toMatchObject({ isStream: true, version: '2026-10-21' });
    const fields = ['cache_control', 'max_tokens', 'messages', 'model', 'stream', 'system', 'tools'];
    expect(Object.keys(first?.request ?? {}).sort()).toEqual(fields);
    const names = (first?.request.tools ?? []).map(({ name }) => name);
    expect(names).toEqual(['bash', 'read', 'write', 'edit', 'glob', 'grep', 'finish']);
  });

  test('its shell finds neither the token nor anything of this process’s environment', async () => {
    process.env.BOSUN_TEST_CANARY = 'tweet';
    const { door, run, token } = await openBench(builtinAgent, [bash('env'), FINISH]);
    await run();
    delete process.env.BOSUN_TEST_CANARY;
    const seen = JSON.stringify(door.model.calls[1]?.request.messages);
    expect(seen).toContain('PATH=');
    expect(seen).not.toContain(token);
    expect(seen).not.toContain('tweet');
  });

  test('its file tools stay in the repository', async () => {
    const read = { toolUse: [{ name: 'read', input: { file_path: '/etc/hostname' } }] };
    const { door, run } = await openBench(builtinAgent, [bash('ln -s /etc out'), read, FINISH]);
    await run();
    expect(JSON.stringify(door.model.calls[2]?.request.messages.at(-1))).toMatch(/"is_error":true/);
  });

  test('a conversation that has grown long loses its old results and nothing else', async () => {
    const turns: Turn[] = Array.from({ length: 15 }, () => bash('seq 1 400'));
    turns[14] = { ...bash('seq 1 400'), usage: { input: 150_000 } };
    const { door, run, directory } = await openBench(builtinAgent, [...turns, FINISH]);
    await writeFile(path.join(directory, 'a'), '');
    expect(await run({ maxTurns: 50 })).toMatchObject({ ending: 'done' });
    const last = JSON.stringify(door.model.calls.at(-1)?.request.messages);
    expect(last.split('An older result was removed').length - 1).toBe(3);
    expect(last.split('399\\\\n400').length - 1 + last.split('399\\n400').length - 1).toBe(12);
  });

  test('people see what each turn does', async () => {
    const { run, turns, directory, log } = await openBench(builtinAgent, [
      { text: 'Let me look.', toolUse: [{ name: 'read', input: { file_path: 'old.txt' } }] },
      { toolUse: [{ name: 'edit', input: { file_path: 'ABS/old.txt', old_string: 'old', new_string: 'x' } }] },
      bash('npm   test\n'),
      FINISH,
    ]);
    await run();
    expect(directory).toContain('repository');
    expect(turns).toEqual([
      { turn: 1, note: 'read old.txt' },
      { turn: 2, note: 'edit ABS/old.txt' },
      { turn: 3, note: 'bash npm test' },
      { turn: 4, note: 'finish' },
    ]);
    expect(log()).toContain('Let me look.\n> read {"file_path":"old.txt"}\n');
  });
});

function lastMessages(request: { messages: { content: unknown }[] } | undefined): string {
  return JSON.stringify(request?.messages.slice(-2));
}
