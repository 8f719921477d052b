import { expect, onTestFinished, test } from 'vitest';
import { PRICES } from '../../app/budget/prices.ts';
import { anthropicMessages } from '../../app/door/model/anthropic/anthropic-messages.ts';
import { createAskModel } from '../../app/door/model/ask/create-ask-model.ts';
import { openaiResponses } from '../../app/door/model/openai/openai-responses.ts';
import { createMemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { AskModel } from '../../app/task/ports/ask-model.ts';
import type { TierTable } from '../../app/task/tiers/model-tiers.ts';
import { createScriptedModel, type ScriptedModel } from '../../demo/model/create-scripted-model.ts';
import type { ModelScript, Turn } from '../../demo/model/model-script.ts';
import { NO_LIMITS } from './attempt-world.ts';
import { QUICK } from './open-door.ts';
import { sampleTask } from './sample-task.ts';

const USD = 1_000_000_000;
const MET = { verdict: 'met' };
const TIERS: TierTable = {
  local: [],
  small: [{ model: 'claude-haiku-4-5', provider: null }],
  medium: [{ model: 'claude-sonnet-5', provider: null }],
  large: [
    { model: 'claude-opus-5', provider: null },
    { model: 'claude-opus-4-8', provider: null },
  ],
};

interface World {
  readonly ask: (change?: Partial<Parameters<AskModel>[0]>) => ReturnType<AskModel>;
  readonly model: ScriptedModel;
  readonly stores: ReturnType<typeof createMemoryStores>;
  readonly task: { readonly id: string };
  readonly logged: string[];
}

async function open(
  script: ModelScript,
  { budgetNano = 5 * USD, dialect = anthropicMessages, tiers = TIERS } = {},
): Promise<World> {
  const model = await createScriptedModel({ script });
  onTestFinished(() => model.close());
  const stores = createMemoryStores();
  const task = sampleTask({ budgetNano });
  const now = new Date();
  await stores.tasks.admit({ task, semanticKey: 'one', now, rate: { perUserPerHour: 9 }, outbox: [] });
  const claimed = await stores.tasks.claim({ owner: 'test', now, leaseMs: 600_000, limits: NO_LIMITS });
  const logged: string[] = [];
  const note = (message: string, fields: object = {}): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const askModel = createAskModel({
    stores,
    providers: [{ dialect, baseUrl: model.url, apiKey: model.key, authStyle: 'bearer', prices: PRICES }],
    tiers,
    clock: { now: () => new Date() },
    log: { info: note, warn: note, error: note },
    limits: QUICK,
  });
  const question = {
    taskId: task.id,
    epoch: claimed?.attempt.epoch ?? 0,
    purpose: 'judge',
    system: 'Say whether the criterion is met.',
    user: 'The diff.',
    schema: {
      type: 'object',
      properties: { verdict: { enum: ['met', 'not_met'] } },
      required: ['verdict'],
      additionalProperties: false,
    },
    capNano: USD,
  } as const;
  return { ask: (change = {}) => askModel({ ...question, ...change }), model, stores, task, logged };
}

const answered: Turn = { toolUse: [{ name: 'answer', input: MET }], usage: { input: 1_000, output: 100 } };

test('a judge is asked one tier above the author, and the call is a row of its own in the ledger', async () => {
  const { ask, model, stores, task } = await open([answered]);
  expect(await ask()).toEqual({ kind: 'answered', value: MET, model: 'claude-opus-5', costNano: 7_500_000 });
  expect(model.calls.map((call) => call.model)).toEqual(['claude-opus-5']);
  expect(await stores.attempts.totals(task.id)).toMatchObject([
    { purpose: 'judge', provider: 'anthropic', model: 'claude-opus-5', requests: 1, costNano: 7_500_000 },
  ]);
  const attempt = await stores.attempts.find({ taskId: task.id, epoch: 1 });
  expect(attempt).toMatchObject({ spentNano: 7_500_000, inflightNano: 0 });
});

test.each(['lessons', 'readiness'] as const)('the small tier answers calls for %s', async (purpose) => {
  const { ask, model, stores, task } = await open([answered]);
  expect(await ask({ purpose })).toMatchObject({ kind: 'answered', model: 'claude-haiku-4-5' });
  expect(model.calls).toHaveLength(1);
  expect(await stores.attempts.totals(task.id)).toMatchObject([{ purpose, model: 'claude-haiku-4-5' }]);
});

test('the answer of a provider in the format of OpenAI is read too', async () => {
  const reply = { text: JSON.stringify(MET), usage: { input: 10, output: 5 } };
  const { ask } = await open([reply], { dialect: openaiResponses });
  expect(await ask()).toMatchObject({ kind: 'answered', value: MET });
});

test.each<[string, Turn, string]>([
  ['prose', { text: 'Looks good to me! {"verdict":"met"}' }, 'prose instead of the JSON'],
  ['JSON of another shape', { text: '{"verdict":"perhaps"}' }, 'does not match'],
])('%s is no answer, and is paid for', async (_name, turn, reason) => {
  const { ask, stores, task } = await open([turn]);
  const answer = await ask();
  expect(answer).toMatchObject({ kind: 'invalid', reason: expect.stringContaining(reason) });
  expect((await stores.attempts.totals(task.id))[0]?.costNano).toBe(answer.costNano);
  expect(answer.costNano).toBeGreaterThan(0);
});

test('JSON that is the whole text is taken from a server that ignores tool_choice', async () => {
  const { ask } = await open([{ text: '```json\n{"verdict":"met"}\n```' }]);
  expect(await ask()).toMatchObject({ kind: 'answered', value: MET });
});

test('a model that the provider no longer has is followed by the next of its tier, and that is logged', async () => {
  const { ask, logged, model, stores, task } = await open((request) =>
    request.model === 'claude-opus-5' ? { fault: 'no_such_model' } : answered,
  );
  expect(await ask()).toMatchObject({ kind: 'answered', model: 'claude-opus-4-8' });
  expect(model.calls.map((call) => call.model)).toEqual(['claude-opus-5', 'claude-opus-4-8']);
  expect(logged.join('\n')).toContain('"model":"claude-opus-5"');
  expect((await stores.attempts.find({ taskId: task.id, epoch: 1 }))?.inflightNano).toBe(0);
});

test('without any model left the answer names them', async () => {
  const { ask } = await open(() => ({ fault: 'no_such_model' }));
  expect(await ask()).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('claude-opus-4-8') });
});

test('a tier whose models have no price is refused with NO_PRICE, and nothing is sent', async () => {
  const tiers = { ...TIERS, large: [{ model: 'unknown', provider: null }] };
  const { ask, model } = await open([answered], { tiers });
  expect(await ask()).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('NO_PRICE') });
  expect(model.calls).toEqual([]);
});

test('the limit of a call and the budget of the task are kept, and nothing is sent beyond them', async () => {
  const { ask, model } = await open([answered], { budgetNano: 10_000_000 });
  expect(await ask({ capNano: 1_000 })).toMatchObject({ kind: 'no_money', costNano: 0 });
  expect(await ask({ capNano: USD })).toMatchObject({ kind: 'no_money', costNano: 0 });
  expect(model.calls).toEqual([]);
});

test('an attempt that is over asks nothing', async () => {
  const { ask, model } = await open([answered]);
  expect(await ask({ epoch: 2 })).toMatchObject({ kind: 'unavailable', costNano: 0 });
  expect(await ask({ taskId: 'nobody' })).toMatchObject({ kind: 'unavailable', costNano: 0 });
  expect(model.calls).toEqual([]);
});

test('a provider that stays busy or refuses the key is unavailable and costs nothing', async () => {
  for (const fault of ['overloaded', 'unauthorized'] as const) {
    const { ask, stores, task } = await open(() => ({ fault }));
    expect(await ask()).toMatchObject({ kind: 'unavailable', costNano: 0 });
    expect((await stores.attempts.find({ taskId: task.id, epoch: 1 }))?.inflightNano).toBe(0);
  }
});
