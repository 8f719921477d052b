import { expect, test } from 'vitest';
import type { Job } from '../../protocol/index.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { openBench } from '../worker/agent-bench.ts';
import type { Agent } from '../../worker/agent/agent.ts';

/** What an agent is told to do, in whatever way it is told things. */
export interface Part {
  readonly script: ModelScript;
  readonly agent: Job['agent'];
}

export interface AgentUnderTest {
  readonly agent: Agent;
  /** Writes `new.txt` and reports that it is done, with the summary `Wrote it.` */
  readonly done: Part;
  /** Reports that it lacks something, with the questions `Which?` and `Why?`. */
  readonly asks: Part;
  /** Asks the model once and continues without end. */
  readonly endless: Part;
  /** Uses the model, which has no money left. */
  readonly poor: Part;
}

/** What every agent does. */
export function testAgent({ agent, done, asks, endless, poor }: AgentUnderTest): void {
  test('does the work, reaches the model through the door and reports', async () => {
    const bench = await openBench(agent, done.script);
    const ending = await bench.run({ agent: done.agent });
    expect(ending).toMatchObject({ ending: 'done', summary: 'Wrote it.', questions: [] });
    expect(await bench.read('new.txt')).toBe('new\n');
    expect(bench.door.model.calls.length).toBeGreaterThan(0);
    expect(bench.turns.length).toBeGreaterThan(0);
  });

  test('asks when it cannot know', async () => {
    const bench = await openBench(agent, asks.script);
    const ending = await bench.run({ agent: asks.agent });
    expect(ending).toMatchObject({ ending: 'question', questions: ['Which?', 'Why?'] });
  });

  test('stops when it has to', async () => {
    const bench = await openBench(agent, endless.script);
    const ending = bench.run({ agent: endless.agent });
    await bench.door.model.waitForCall(1);
    bench.stop.abort();
    expect(await ending).toMatchObject({ ending: 'stopped', questions: [] });
  });

  test('is stopped before it begins, when that is so', async () => {
    const bench = await openBench(agent, endless.script);
    bench.stop.abort();
    expect(await bench.run({ agent: endless.agent })).toMatchObject({ ending: 'stopped' });
    expect(bench.door.model.calls).toHaveLength(0);
  });

  test('without money it ends as a matter of money', async () => {
    const bench = await openBench(agent, poor.script);
    bench.door.refuseModel = 'BUDGET_EXHAUSTED';
    bench.wrapUp.abort('The budget is used up.');
    expect(await bench.run({ agent: poor.agent })).toMatchObject({ ending: 'budget' });
  });
}
