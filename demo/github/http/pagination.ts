import type { Exchange, Reply } from './exchange.ts';

/** What a list shows: on GitHub it can lag behind what was created. */
export function shown<T extends { createdAt: Date }>(exchange: Exchange, items: readonly T[]): T[] {
  const { listingLagMs, now } = exchange.world;
  return items.filter(({ createdAt }) => now().getTime() - createdAt.getTime() >= listingLagMs);
}

/** One page of a list with GitHub's `Link` header (30 a page by default, 100 at most). */
export function paginate<T>(exchange: Exchange, items: readonly T[], render: (item: T) => unknown): Reply {
  const { page, headers } = pageOf(exchange, items);
  return { status: 200, body: page.map(render), headers };
}

/** As `paginate`, for lists that GitHub wraps in an object with `total_count`. */
export function paginateIn<T>(
  exchange: Exchange,
  list: { key: string; items: readonly T[]; render: (item: T) => unknown },
): Reply {
  const { page, headers } = pageOf(exchange, list.items);
  return { status: 200, body: { total_count: list.items.length, [list.key]: page.map(list.render) }, headers };
}

function pageOf<T>(exchange: Exchange, items: readonly T[]): { page: T[]; headers: Record<string, string> } {
  const size = clamp(Number(exchange.query.get('per_page') ?? 30), 1, 100);
  const number = Math.max(1, Number(exchange.query.get('page') ?? 1) || 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const links: string[] = [];
  if (number > 1) {
    links.push(link(exchange, Math.min(number - 1, last), 'prev'), link(exchange, 1, 'first'));
  }
  if (number < last) {
    links.push(link(exchange, number + 1, 'next'), link(exchange, last, 'last'));
  }
  return {
    page: items.slice((number - 1) * size, number * size),
    headers: links.length > 0 ? { link: links.join(', ') } : {},
  };
}

function link(exchange: Exchange, page: number, rel: string): string {
  const query = new URLSearchParams(exchange.query);
  query.set('page', String(page));
  return `<${exchange.base}${exchange.path}?${query.toString()}>; rel="${rel}"`;
}

function clamp(value: number, low: number, high: number): number {
  return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : high;
}
