import { ok, param, type Exchange, type Reply } from '../../http/exchange.ts';
import { notFound, RestError } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { time } from '../../json/user-json.ts';
import type { Delivery, DeliveryLog } from '../../webhooks/deliveries.ts';

/** The list of an app's deliveries and the button that sends one again. */
export function deliveryRoutes(deliveries: DeliveryLog): Route[] {
  const find = (exchange: Exchange): Delivery => {
    const id = Number(param(exchange, 'delivery_id'));
    const delivery = deliveries.records.find((one) => one.id === id);
    if (!delivery) {
      throw notFound();
    }
    return delivery;
  };
  return [
    { method: 'GET', path: '/app/hook/deliveries', need: 'app', handle: (exchange) => list(exchange, deliveries) },
    {
      method: 'GET',
      path: '/app/hook/deliveries/{delivery_id}',
      need: 'app',
      handle: (exchange) => ok(detailJson(find(exchange))),
    },
    {
      method: 'POST',
      path: '/app/hook/deliveries/{delivery_id}/attempts',
      need: 'app',
      handle(exchange) {
        // GitHub answers at once and sends afterwards.
        void deliveries.redeliver(find(exchange));
        return { status: 202, body: {} };
      },
    },
  ];
}

/** Newest first, by cursor: `v1_` and the id after which to continue. */
function list(exchange: Exchange, deliveries: DeliveryLog): Reply {
  const { query } = exchange;
  const size = Math.min(100, Math.max(1, Number(query.get('per_page') ?? 30) || 30));
  const cursor = query.get('cursor');
  if (cursor !== null && !/^v1_\d+$/.test(cursor)) {
    throw new RestError(422, 'Invalid cursor');
  }
  const before = cursor === null ? Infinity : Number(cursor.slice(3));
  const status = query.get('status');
  const wanted = deliveries.records
    .toReversed()
    .filter(({ statusCode, id }) => statusCode !== 0 && id < before)
    .filter(({ statusCode }) => status === null || (status === 'success') === statusCode < 400);
  const page = wanted.slice(0, size);
  const last = page.at(-1);
  if (!last || wanted.length === page.length) {
    return ok(page.map(itemJson));
  }
  const next = new URLSearchParams(query);
  next.set('cursor', `v1_${last.id}`);
  return ok(page.map(itemJson), { link: `<${exchange.base}${exchange.path}?${next.toString()}>; rel="next"` });
}

function itemJson(delivery: Delivery): Record<string, unknown> {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: time(delivery.deliveredAt),
    redelivery: delivery.redelivery,
    duration: Math.round(delivery.durationMs) / 1000,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  };
}

function detailJson(delivery: Delivery): Record<string, unknown> {
  return {
    ...itemJson(delivery),
    url: '',
    request: { headers: delivery.requestHeaders, payload: JSON.parse(delivery.body) as unknown },
    response: { headers: delivery.responseHeaders, payload: delivery.responseBody },
  };
}
