import { DOOR_PATHS } from '../../../protocol/index.ts';
import { findPrice } from '../../budget/prices.ts';
import type { TierModel } from '../../task/tiers/model-tiers.ts';
import { routeOf } from '../../task/tiers/route.ts';
import { enter, modelRules } from '../attempt-memory.ts';
import { readBody } from '../read-body.ts';
import { refuse } from '../refusal.ts';
import type { Checked } from '../refusal.ts';
import { callModel, passCount } from './call-model.ts';
import { nameProvider } from './dialect.ts';
import type { Dialect } from './dialect.ts';
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
    const read = await readRequest(exchange, { first, serving, all: gateways });
    if (!read.ok) {
      refuseModel(exchange, first, read.refusal);
      return;
    }
    const isGenerating = first.provider.dialect.endpoints.get(path) === 'generate';
    await sendFirst(exchange, read.value, isGenerating ? callModel : passCount);
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

/** A request that one gateway can carry out. */
type Ready = Asked & { readonly gateway: ModelGateway };

/** Sends the first of the requests whose model the provider still has. They differ in nothing but the model. */
async function sendFirst(
  exchange: ModelExchange,
  requests: readonly Ready[],
  send: (exchange: ModelExchange, gateway: ModelGateway, asked: Asked) => Promise<'answered' | 'retired'>,
): Promise<void> {
  for (const { gateway, ...asked } of requests) {
    if ((await send(exchange, gateway, asked)) === 'answered') {
      return;
    }
    const provider = nameProvider(gateway.provider);
    gateway.retired.add(provider, asked.request.model);
    const { attempt, task } = exchange.session;
    const fields = { taskId: task.id, epoch: attempt.epoch, provider, model: asked.request.model };
    gateway.options.log.warn(
      'door: the provider no longer has this model; the next of its tier takes its place',
      fields,
    );
  }
}

async function readRequest(
  { request, session, url }: ModelExchange,
  { first, serving, all }: { first: ModelGateway; serving: readonly ModelGateway[]; all: readonly ModelGateway[] },
): Promise<Checked<readonly Ready[]>> {
  const { limits, options } = first;
  const { dialect } = first.provider;
  const json = await readBody(request, limits.modelBodyBytes);
  const call = { query: url.searchParams, headers: request.headers };
  const parsed = json.ok ? dialect.parse(json.value, call) : json;
  if (!parsed.ok) {
    return parsed;
  }
  const { model } = parsed.value;
  const route = routeOf(session.task);
  const allowed = [route.model, ...(options.extraModels ?? [])];
  if (!allowed.includes(model)) {
    return refuse('UNKNOWN_MODEL', `This task may use ${allowed.join(', ')}; found ${model}.`);
  }
  const wanted: readonly TierModel[] =
    model === route.model ? [route, ...route.fallbacks] : [{ model, provider: null }];
  const found = wanted.flatMap((one): (Pick<Ready, 'gateway' | 'price'> & { model: string }) | [] => {
    const gateway = findGateway(serving, one);
    const price = gateway === null ? null : findPrice(gateway.provider.prices, one.model);
    return gateway === null || price === null ? [] : { gateway, price, model: one.model };
  });
  if (found[0]?.model !== model) {
    return refuseUnserved(model, { dialect, all });
  }
  const living = found.filter((one) => !one.gateway.retired.has(nameProvider(one.gateway.provider), one.model));
  const candidates = living.length > 0 ? living : found.slice(0, 1);
  const ready: Ready[] = [];
  for (const [index, one] of candidates.entries()) {
    const again =
      one.model === model ? parsed : dialect.parse({ ...(json as { value: object }).value, model: one.model }, call);
    if (!again.ok) {
      return again;
    }
    const { gateway, price } = one;
    ready.push({ gateway, price, request: again.value, isReplaceable: index < candidates.length - 1 });
  }
  return { ok: true, value: ready };
}

function findGateway(serving: readonly ModelGateway[], { model, provider }: TierModel): ModelGateway | null {
  const priced = serving.filter((one) => findPrice(one.provider.prices, model) !== null);
  return priced.find((one) => provider === null || nameProvider(one.provider) === provider) ?? null;
}

function refuseUnserved(
  model: string,
  { dialect, all }: { dialect: Dialect; all: readonly ModelGateway[] },
): ReturnType<typeof refuse> {
  const elsewhere = all.find(({ provider }) => findPrice(provider.prices, model) !== null);
  return elsewhere === undefined
    ? refuse('NO_PRICE', `The model ${model} has no price. The operator can add one to the price table.`)
    : refuse(
        'UNKNOWN_MODEL',
        `The model ${model} was requested in the format ${elsewhere.provider.dialect.name}; this agent speaks ${dialect.name}. Choose another agent or another model.`,
      );
}
