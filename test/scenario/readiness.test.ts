import { expect, test } from 'vitest';
import type { ModelRequest, Turn } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import { withScenarios, type Scenario } from './open-scenario.ts';

const openScenario = withScenarios();

const FINISH: Turn = { toolUse: [{ name: 'finish', input: { status: 'done', summary: 'As you said.' } }] };
const WRITE: Turn = { toolUse: [{ name: 'bash', input: { command: 'echo done > answered.txt' } }] };

function isReadiness({ tools }: ModelRequest): boolean {
  return tools?.some(({ name }) => name === 'answer') === true;
}

async function open(answer: Turn): Promise<Scenario> {
  return openScenario({
    script: (request, { turn }) => {
      if (isReadiness(request)) {
        return answer;
      }
      return turn === 0 ? WRITE : FINISH;
    },
    prepare: async (github) => {
      await github.pushCommit(story.repository, {
        as: story.maintainer,
        files: { '.github/bosun.yml': 'readiness: true\n' },
        message: 'Ask first',
      });
    },
  });
}

test('what is open is asked before the agent starts, and the answer starts it', async () => {
  const questions = ['Should negative durations keep their sign?', 'Which format @everyone?'];
  const scenario = await open({ toolUse: [{ name: 'answer', input: { ready: false, questions } }] });
  await scenario.comment('/implement');
  const task = await scenario.waitForTask((row) => row.wait?.reason === 'human');
  expect(task).toMatchObject({ outcome: { kind: 'question', questions }, question: { kind: 'agent' } });
  const asked = await scenario.waitForReply(/2 questions/);
  expect(asked).toContain(questions[0]);
  expect(asked).not.toContain(' @everyone');
  expect(scenario.model.calls).toHaveLength(1);
  const totals = await scenario.bosun.storage.stores.attempts.totals(task.id);
  expect(totals).toMatchObject([{ purpose: 'readiness', requests: 1 }]);

  expect(await scenario.commentRouted('Yes, keep the sign.')).toMatch(/^answered task/);
  await scenario.waitForTask((row) => row.state === 'COMPLETED');
  // It is asked once, whatever the answer was
  expect(scenario.model.calls.filter(({ request }) => isReadiness(request))).toHaveLength(1);
  const done = await scenario.waitForReply(/\(readiness\)/);
  expect(done).toContain('claude-haiku');
});

test.each<[string, Turn]>([
  ['a clear request', { toolUse: [{ name: 'answer', input: { ready: true, questions: [] } }] }],
  ['an answer in prose', { text: 'I would ask about the sign.' }],
  ['a model that is gone', { fault: 'no_such_model' }],
])('%s starts the agent at once', async (_name, answer) => {
  const scenario = await open(answer);
  await scenario.comment('/implement');
  const task = await scenario.waitForTask((row) => row.state === 'COMPLETED');
  expect(task.epoch).toBe(1);
});
