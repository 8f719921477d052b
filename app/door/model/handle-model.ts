import { DOOR_PATHS } from '../../../protocol/index.ts';
import { findPrice } from '../../budget/prices.ts';
import { enter, modelRules } from '../attempt-memory.ts';
import { readBody } from '../read-body.ts';
import { refuse } from '../refusal.ts';
import type { Checked } from '../refusal.ts';
import { callModel, passCount } from './call-model.ts';
import { refuseModel } from './model-exchange.ts';
import type { Asked, ModelExchange, ModelGateway } from './model-exchange.ts';

/** The model gateway: the endpoints of the provider's dialect and nothing else. */
export async function handleModel(exchange: ModelExchange, gateway: ModelGateway): Promise<void> {
  const { request, url, memory } = exchange;
  const { endpoints } = gateway.options.provider.dialect;
  const endpoint = request.method === 'POST' ? endpoints.get(url.pathname.slice(DOOR_PATHS.model.length)) : undefined;
  if (endpoint === undefined) {
    const known = [...endpoints.keys()].map((path) => `POST ${path}`).join(' and ');
    refuseModel(exchange, gateway, {
      code: 'NOT_FOUND',
      message: `The model gateway has ${known}, and no other path.`,
    });
    return;
  }
  const entered = enter(memory.model, modelRules(gateway.limits, gateway.options.clock.now()));
  if (!entered.ok) {
    refuseModel(exchange, gateway, entered.refusal);
    return;
  }
  try {
    const asked = await readRequest(exchange, gateway);
    if (!asked.ok) {
      refuseModel(exchange, gateway, asked.refusal);
      return;
    }
    await (endpoint === 'generate' ? callModel : passCount)(exchange, gateway, asked.value);
  } finally {
    entered.value();
  }
}

async function readRequest(
  { request, session, url }: ModelExchange,
  { limits, options }: ModelGateway,
): Promise<Checked<Asked>> {
  const { dialect, prices } = options.provider;
  const json = await readBody(request, limits.modelBodyBytes);
  const parsed = json.ok ? dialect.parse(json.value, { query: url.searchParams, headers: request.headers }) : json;
  if (!parsed.ok) {
    return parsed;
  }
  const { model } = parsed.value;
  const allowed = [session.task.settings.model, ...(options.extraModels ?? [])];
  if (!allowed.includes(model)) {
    return refuse('UNKNOWN_MODEL', `This task may use ${allowed.join(', ')}; found ${model}.`);
  }
  const price = findPrice(prices, model);
  if (price === null) {
    return refuse('UNKNOWN_MODEL', `The model ${model} has no price. The operator can add one to the price table.`);
  }
  return { ok: true, value: { request: parsed.value, price } };
}
