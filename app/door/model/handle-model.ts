import { DOOR_PATHS } from '../../../protocol/index.ts';
import { findPrice } from '../../budget/prices.ts';
import { enter, modelRules } from '../attempt-memory.ts';
import { readBody } from '../read-body.ts';
import { refuse } from '../refusal.ts';
import type { Checked } from '../refusal.ts';
import { callModel, passCount } from './call-model.ts';
import { refuseModel } from './model-exchange.ts';
import type { Asked, ModelExchange, ModelGateway } from './model-exchange.ts';

/** The model gateway: the endpoints of the providers' dialects and nothing else. */
export async function handleModel(exchange: ModelExchange, gateways: readonly ModelGateway[]): Promise<void> {
  const { request, url, memory } = exchange;
  const path = url.pathname.slice(DOOR_PATHS.model.length);
  const serving = gateways.filter(({ provider }) => request.method === 'POST' && provider.dialect.endpoints.has(path));
  const [first] = serving;
  if (first === undefined) {
    refuseModel(exchange, refuserOf(gateways), { code: 'NOT_FOUND', message: describeEndpoints(gateways) });
    return;
  }
  const entered = enter(memory.model, modelRules(first.limits, first.options.clock.now()));
  if (!entered.ok) {
    refuseModel(exchange, first, entered.refusal);
    return;
  }
  try {
    const asked = await readRequest(exchange, { first, serving, all: gateways });
    if (!asked.ok) {
      refuseModel(exchange, first, asked.refusal);
      return;
    }
    const { gateway, ...request } = asked.value;
    const isGenerating = gateway.provider.dialect.endpoints.get(path) === 'generate';
    await (isGenerating ? callModel : passCount)(exchange, gateway, request);
  } finally {
    entered.value();
  }
}

/** The main provider, which is the last; it writes refusals of what no format has. */
function refuserOf(gateways: readonly ModelGateway[]): ModelGateway {
  const last = gateways.at(-1);
  if (last === undefined) {
    throw new Error('a door needs a model provider');
  }
  return last;
}

function describeEndpoints(gateways: readonly ModelGateway[]): string {
  const paths = new Set(gateways.flatMap(({ provider }) => [...provider.dialect.endpoints.keys()]));
  const known = [...paths].map((path) => `POST ${path}`).join(' and ');
  return `The model gateway has ${known}, and no other path.`;
}

async function readRequest(
  { request, session, url }: ModelExchange,
  { first, serving, all }: { first: ModelGateway; serving: readonly ModelGateway[]; all: readonly ModelGateway[] },
): Promise<Checked<Asked & { gateway: ModelGateway }>> {
  const { limits, options } = first;
  const { dialect } = first.provider;
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
  for (const gateway of serving) {
    const price = findPrice(gateway.provider.prices, model);
    if (price !== null) {
      return { ok: true, value: { request: parsed.value, price, gateway } };
    }
  }
  const elsewhere = all.find(({ provider }) => findPrice(provider.prices, model) !== null);
  return elsewhere === undefined
    ? refuse('NO_PRICE', `The model ${model} has no price. The operator can add one to the price table.`)
    : refuse(
        'UNKNOWN_MODEL',
        `The model ${model} was requested in the format ${elsewhere.provider.dialect.name}; this agent speaks ${dialect.name}. Choose another agent or another model.`,
      );
}
