import { expect, test } from 'vitest';
import type { ModelReply } from '../../demo/model/model-script.ts';
import type { AgentProgramName } from '../../protocol/index.ts';
import { programAgent } from '../../worker/agent/program/programs.ts';
import { packConversation, unpackConversation } from '../../worker/agent/conversation/archive.ts';
import { openDoorBench } from '../worker/agents/door-bench.ts';
import type { DoorBench, DoorBenchSetup } from '../worker/agents/door-bench.ts';

export interface ProgramUnderTest {
  readonly name: AgentProgramName;
  /** Directory of the real program. */
  readonly directory: string;
  readonly model: string;
  /** The model has the agent run this in its shell. */
  readonly shell: (command: string) => ModelReply;
  /** Whether it continues a session of its own. */
  readonly resumes: boolean;
}

const USD = 1_000_000_000;
const SLOW = 120_000;

/** What every agent that is a program of somebody else does, with the real program and through the real door. */
export function testAgentProgram({ name, directory, model, resumes, shell }: ProgramUnderTest): void {
  function open(setup: Pick<DoorBenchSetup, 'script' | 'budgetNano' | 'earlier'>): Promise<DoorBench> {
    return openDoorBench({
      ...setup,
      agent: programAgent(name),
      job: { agent: { kind: name }, model },
      path: [directory],
    });
  }
  const write = shell('echo new > new.txt');

  test('does the work, and its last words are the summary', { timeout: SLOW }, async () => {
    const bench = await open({ script: [write, { text: 'Wrote it.' }] });
    expect(await bench.run()).toMatchObject({ ending: 'done', summary: 'Wrote it.', questions: [], turns: 2 });
    expect(await bench.read('new.txt')).toBe('new\n');
    expect(bench.log()).toContain('echo new > new.txt');
    // What the door counted and what the agent counted is the same
    expect((await bench.door.world.attempt()).modelCalls).toBe(2);
    expect(bench.turns.map(({ turn }) => turn)).toEqual([1, 2]);
    expect(bench.door.world.settled.every(({ costNano, upperNano }) => costNano > 0 && costNano <= upperNano)).toBe(
      true,
    );
  });

  test('takes a prompt that no command line could hold', { timeout: SLOW }, async () => {
    const bench = await open({ script: [{ text: 'Read it.' }] });
    const prompt = { system: 's'.repeat(150_000), user: `${'u'.repeat(200_000)} the end` };
    expect(await bench.run({ prompt })).toMatchObject({ ending: 'done', summary: 'Read it.' });
    const sent = JSON.stringify(bench.model.calls.map(({ request }) => request));
    expect(sent).toContain('s'.repeat(150_000));
    expect(sent).toContain('the end');
  });

  test('asks when it cannot know', { timeout: SLOW }, async () => {
    const report = JSON.stringify({ status: 'not_enough_context', questions: ['Which?', 'Why?'] });
    const bench = await open({
      script: [shell(`printf '%s' '${report}' > "$BOSUN_RESULT_FILE"`), { text: 'I need to know more.' }],
    });
    expect(await bench.run()).toMatchObject({
      ending: 'question',
      questions: ['Which?', 'Why?'],
      summary: 'I need to know more.',
    });
  });

  test('ends as a matter of money when the budget is used up', { timeout: SLOW }, async () => {
    const bench = await open({ script: [write], budgetNano: 1_000 });
    const startedAt = performance.now();
    expect(await bench.run()).toMatchObject({ ending: 'budget', code: 'BUDGET_EXHAUSTED', turns: 0 });
    expect(performance.now() - startedAt).toBeLessThan(60_000);
    expect(bench.model.calls.filter(({ path }) => !path.endsWith('count_tokens'))).toHaveLength(0);
  });

  test('keeps what it did when the budget ends it in the middle', { timeout: SLOW }, async () => {
    const bench = await open({
      // Each answer is as long as it may be
      script: (request) => ({ ...write, usage: { input: 10_000, output: request.max_tokens } }),
      budgetNano: USD / 2,
    });
    const ending = await bench.run();
    expect(ending).toMatchObject({ ending: 'budget', code: expect.stringMatching(/^BUDGET_/) });
    expect(await bench.read('new.txt')).toBe('new\n');
  });

  test('stops at the limit of turns', { timeout: SLOW }, async () => {
    const bench = await open({ script: () => shell('true') });
    expect(await bench.run({ maxTurns: 3 })).toMatchObject({ ending: 'max_turns', turns: 3 });
    expect((await bench.door.world.attempt()).modelCalls).toBe(3);
  });

  test('warns the model when it has to come to an end', { timeout: SLOW }, async () => {
    const bench = await open({
      script: (request) =>
        JSON.stringify(request.messages.at(-1)).includes('The money is going.') ? { text: 'Half done.' } : write,
    });
    bench.wrapUp.abort('The money is going.');
    expect(await bench.run()).toMatchObject({ ending: 'done', summary: 'Half done.' });
  });

  test('stops when it has to', { timeout: SLOW }, async () => {
    const bench = await open({ script: [shell('sleep 1000')] });
    const ending = bench.run();
    await bench.model.waitForCall(1);
    bench.stop.abort();
    expect(await ending).toMatchObject({ ending: 'stopped', questions: [] });
  });

  test('names the model that a task may not use', { timeout: SLOW }, async () => {
    const bench = await open({ script: [write] });
    const ending = await bench.run({ model: `${model}-other` });
    expect(ending).toMatchObject({ ending: 'model_error', code: 'UNKNOWN_MODEL' });
    expect(ending.reason).toContain(`${model}-other`);
  });

  test('reports that the provider refuses the key of the server', { timeout: SLOW }, async () => {
    const bench = await open({ script: () => ({ fault: 'unauthorized' }) });
    expect(await bench.run()).toMatchObject({ ending: 'model_error', code: 'MODEL_AUTH' });
  });

  test('ends when the attempt is over', { timeout: SLOW }, async () => {
    const bench = await open({ script: [write, { text: 'never' }] });
    await bench.door.world.makeStale();
    expect(await bench.run()).toMatchObject({ ending: 'stopped', turns: 0 });
  });

  test('does not learn the token of the door', { timeout: SLOW }, async () => {
    const bench = await open({
      script: [shell('env > env.txt; cat /proc/$PPID/environ >> env.txt'), { text: 'Seen.' }],
    });
    await bench.run();
    expect(await bench.read('env.txt')).not.toContain('door-token-0123456789');
  });

  if (resumes) {
    test('continues its conversation in another worker', { timeout: SLOW }, async () => {
      const first = await open({ script: [write, { text: 'The word is heliotrope.' }] });
      expect((await first.run()).conversation).toBeUndefined();
      const second = await open({
        script: (request) =>
          JSON.stringify(request.messages).includes('The word is heliotrope.')
            ? { text: 'I remember.' }
            : { text: 'Who?' },
        earlier: first.kept(),
      });
      const prompt = { system: 'You repair programs.', user: 'And now the difference.' };
      expect(await second.run({ conversation: 'kept', prompt })).toMatchObject({
        ending: 'done',
        summary: 'I remember.',
        turns: 1,
        conversation: { resumed: true },
      });
      const sent = JSON.stringify(second.model.calls.at(-1)?.request);
      expect(sent).toContain('And now the difference.');
      expect(sent).toContain('new working copy');
      expect(second.kept()).not.toBeNull();
    });

    test('keeps its conversation while it works', { timeout: SLOW }, async () => {
      const bench = await open({
        script: ({ messages }) =>
          messages.filter(({ role }) => role === 'assistant').length < 6 ? shell('true') : { fault: 'hang' },
      });
      const ending = bench.run();
      await bench.model.waitForCall(7);
      expect((await unpackConversation(bench.kept() ?? Buffer.from('')))?.agent).toBe(name);
      bench.stop.abort();
      await ending;
    });

    test('starts anew when its conversation cannot be continued', { timeout: SLOW }, async () => {
      const earlier = await packConversation({
        agent: name,
        id: '00000000-0000-4000-8000-000000000000',
        files: [{ name: 'nothing-of-use', bytes: Buffer.from('x') }],
      });
      const bench = await open({ script: [{ text: 'From the start.' }], earlier });
      expect(await bench.run({ conversation: 'kept' })).toMatchObject({
        ending: 'done',
        summary: 'From the start.',
        conversation: { resumed: false, reason: expect.stringContaining('could not be continued') },
      });
    });
  }

  test('a program that is not there is a mistake of the configuration', async () => {
    const bench = await openDoorBench({
      agent: programAgent(name),
      job: { agent: { kind: name }, model },
      script: [],
    });
    const ending = await bench.run();
    expect(ending).toMatchObject({ ending: 'agent_error', code: 'AGENT_NOT_FOUND' });
    expect(ending.reason).toContain('BOSUN_WORKER_PATHS');
  });
}
