import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { findPrice } from '../../../budget/prices.ts';
import type { ModelPrice } from '../../../budget/prices.ts';
import type { AttemptStore, TaskStore } from '../../../store/stores.ts';
import type { Clock } from '../../../task/clock.ts';
import type { AskModel, ModelAnswer, ModelQuestion } from '../../../task/ports/ask-model.ts';
import type { Log } from '../../../task/ports/log.ts';
import { chooseHelperModels } from '../../../task/tiers/choose-helper.ts';
import type { TierModel, TierTable } from '../../../task/tiers/model-tiers.ts';
import { routeOf } from '../../../task/tiers/route.ts';
import { DOOR_LIMITS } from '../../door-limits.ts';
import type { DoorLimits } from '../../door-limits.ts';
import { nameProvider } from '../dialect.ts';
import type { ModelProvider } from '../dialect.ts';
import { boundRequest, boundTotal, fitOutput } from '../money/bound-request.ts';
import { NO_COST } from '../money/decide-cost.ts';
import { settleWithRetries } from '../money/settle-spend.ts';
import { createSendUpstream } from '../upstream/send-upstream.ts';
import { exchangeQuestion } from './exchange-question.ts';
import type { Exchanged } from './exchange-question.ts';

const MAX_OUTPUT_TOKENS = 4_096;
const LEAST_OUTPUT_TOKENS = 512;

export interface AskModelOptions {
  readonly stores: {
    readonly attempts: Pick<AttemptStore, 'draw' | 'settle'>;
    readonly tasks: Pick<TaskStore, 'find'>;
  };
  /** In the order in which they are asked for a model that several have. */
  readonly providers: readonly ModelProvider[];
  readonly tiers: TierTable;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<DoorLimits>;
}

interface Choice {
  readonly provider: ModelProvider;
  readonly price: ModelPrice;
  readonly model: string;
}

/**
 * Bosun's own calls to models, on the same terms as those of a worker: the upper bound is reserved on the attempt before
 * anything is sent, so that no scope is exceeded, and settled to the usage that the provider reports. A model that the
 * provider no longer has is followed by the next of its tier.
 */
export function createAskModel(options: AskModelOptions): AskModel {
  const { clock, log, stores } = options;
  const limits = { ...DOOR_LIMITS, ...options.limits };
  const senders = new Map(options.providers.map((provider) => [provider, createSendUpstream(provider)]));

  function choose({ model, provider: wanted }: TierModel): Choice | null {
    for (const provider of options.providers) {
      const price = findPrice(provider.prices, model);
      if (price !== null && (wanted === null || wanted === nameProvider(provider))) {
        return { provider, price, model };
      }
    }
    return null;
  }

  async function ask(question: ModelQuestion, choice: Choice): Promise<ModelAnswer | 'retired'> {
    const { model, price, provider } = choice;
    const { question: format } = provider.dialect;
    const { system, user, schema, taskId, epoch, purpose, capNano } = question;
    const parsed = provider.dialect.parse(
      format.compose({ model, system, user, schema, maxTokens: MAX_OUTPUT_TOKENS }),
      { query: new URLSearchParams(), headers: {} },
    );
    if (!parsed.ok) {
      return { kind: 'invalid', reason: `The question could not be asked: ${parsed.refusal.message}`, costNano: 0 };
    }
    const bound = boundRequest(price, parsed.value.prompt);
    const maxTokens = fitOutput(bound, { usableNano: capNano, wanted: MAX_OUTPUT_TOKENS, least: LEAST_OUTPUT_TOKENS });
    if (maxTokens === null) {
      return { kind: 'no_money', reason: 'The limit of this call does not cover the question.', costNano: 0 };
    }
    const requestId = randomUUID();
    const upperNano = boundTotal(bound, maxTokens);
    const drawn = await stores.attempts.draw({
      taskId,
      epoch,
      requestId,
      purpose,
      provider: nameProvider(provider),
      model,
      upperNano,
      keepNano: 0,
      now: clock.now(),
    });
    if (!drawn.drawn) {
      return drawn.why === 'stale'
        ? { kind: 'unavailable', reason: 'This attempt of the task has ended.', costNano: 0 }
        : { kind: 'no_money', reason: 'The budget of the task does not cover the question.', costNano: 0 };
    }
    let exchanged: Exchanged = {
      kind: 'unavailable',
      reason: 'The question failed.',
      cost: { ...NO_COST, costNano: upperNano },
    };
    try {
      exchanged = await exchangeQuestion(
        { request: parsed.value, maxTokens, upperNano, inputNano: bound.inputNano, price },
        { provider, send: senders.get(provider) ?? createSendUpstream(provider), limits, log, now: clock.now() },
      );
    } finally {
      await settleWithRetries(
        { attempt: { taskId, epoch }, reservation: { requestId, upperNano }, cost: exchanged.cost },
        { attempts: stores.attempts, clock, log },
      );
    }
    return conclude(exchanged, { model, schema });
  }

  return async (question) => {
    const task = await stores.tasks.find(question.taskId);
    if (task === null) {
      return { kind: 'unavailable', reason: 'The task no longer exists.', costNano: 0 };
    }
    const models = chooseHelperModels(question.purpose, routeOf(task), options.tiers);
    const choices = models.map(choose).filter((choice) => choice !== null);
    for (const choice of choices) {
      const answer = await ask(question, choice);
      if (answer !== 'retired') {
        return answer;
      }
      const fields = {
        taskId: task.id,
        epoch: question.epoch,
        model: choice.model,
        provider: nameProvider(choice.provider),
      };
      log.warn('A model is not available at its provider any more; the next of its tier is asked', fields);
    }
    return { kind: 'unavailable', reason: explainNone(question, { models, choices }), costNano: 0 };
  };
}

function conclude(
  exchanged: Exchanged,
  { model, schema }: { model: string; schema: ModelQuestion['schema'] },
): ModelAnswer | 'retired' {
  const { costNano } = exchanged.cost;
  if (exchanged.kind === 'retired') {
    return 'retired';
  }
  if (exchanged.kind === 'unavailable') {
    return { kind: 'unavailable', reason: exchanged.reason, costNano };
  }
  if (exchanged.value === undefined) {
    return { kind: 'invalid', reason: `${model} answered with prose instead of the JSON it was asked for.`, costNano };
  }
  const checked = z.fromJSONSchema(schema).safeParse(exchanged.value);
  return checked.success
    ? { kind: 'answered', value: checked.data, model, costNano }
    : { kind: 'invalid', reason: `${model} answered with JSON that does not match what it was asked for.`, costNano };
}

function explainNone(
  { purpose }: ModelQuestion,
  { models, choices }: { models: readonly TierModel[]; choices: readonly Choice[] },
): string {
  if (models.length === 0) {
    return purpose === 'judge'
      ? 'No model is above the one that did the work, or of another provider. The operator can add one to `tiers` in the file BOSUN_CONFIG.'
      : 'No tier has a model. The operator can add one to `tiers` in the file BOSUN_CONFIG.';
  }
  const names = models.map(({ model }) => model).join(', ');
  return choices.length === 0
    ? `NO_PRICE: none of the models ${names} has a price at a provider of this server.`
    : `The provider has none of the models ${names} any more. The operator can change \`tiers\` in the file BOSUN_CONFIG.`;
}
