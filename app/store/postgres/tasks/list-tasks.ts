import { TASK_STATES } from '../../../../protocol/index.ts';
import type { Queryable } from '../../database.ts';
import { parseSearch, type TaskPage, type TaskQuery } from '../../task-lists.ts';
import { TASK_COLUMNS, toTask, type TaskRow } from '../rows/task-row.ts';

/** The expression of the index `task_list_title`. */
const TITLE = `to_tsvector('simple', translate(t.approved_text ->> 'title', '/.-_:@#&=?+,;()[]{}<>"''\`*!|\\~^%$', repeat(' ', 34)))`;

/**
 * One page. Each repository and state is walked in the order of its index and only as far as the page needs, and the
 * walks are merged; a filter over everything would read the whole backlog to find the few rows of one repository.
 */
export async function listPage(db: Queryable, query: TaskQuery): Promise<TaskPage> {
  const values: unknown[] = [];
  function put(value: unknown): string {
    values.push(value);
    return `$${values.length}`;
  }
  const search = parseSearch(query.search);
  if (search.kind === 'nothing' || query.repositoryIds?.length === 0) {
    return { tasks: [], next: null };
  }
  const conditions: string[] = [];
  if (query.requestedBy !== undefined) {
    conditions.push(`lower(t.requested_by_login) = lower(${put(query.requestedBy)})`);
  }
  if (query.type !== undefined) {
    conditions.push(`t.type = ${put(query.type)}`);
  }
  if (search.kind === 'number') {
    conditions.push(`t.thread_number = ${put(search.number)}`);
  }
  if (search.kind === 'id') {
    conditions.push(`t.id = ${put(search.id)}`);
  }
  if (search.kind === 'words') {
    const words = search.words.map((word) => `'${word.replaceAll("'", "''")}':*`).join(' & ');
    conditions.push(`${TITLE} @@ to_tsquery('simple', ${put(words)})`);
  }
  if (query.after !== null) {
    conditions.push(afterCursor(query, put));
  }
  const limit = put(query.limit + 1);
  const isNarrow = conditions.length > (query.after === null ? 0 : 1);
  const rows = await db.query<TaskRow & { readonly list_seq: number; readonly list_spent: number }>({
    text: `with picked as (${pick(query, { conditions, limit, isNarrow, put })})
      select ${TASK_COLUMNS}, t.seq as list_seq, t.spent_nano as list_spent
      from picked p join task t on t.seq = p.seq order by ${orderOf(query.sort)}`,
    values,
  });
  const kept = rows.slice(0, query.limit);
  const last = kept.at(-1);
  return {
    tasks: kept.map(toTask),
    next: rows.length > query.limit && last !== undefined ? { seq: last.list_seq, spentNano: last.list_spent } : null,
  };
}

interface Parts {
  readonly conditions: readonly string[];
  readonly limit: string;
  /** Another condition than the repository and the state decides which rows there are. */
  readonly isNarrow: boolean;
  readonly put: (value: unknown) => string;
}

function pick(query: TaskQuery, { conditions, isNarrow, limit, put }: Parts): string {
  const order = orderOf(query.sort);
  const { repositoryIds, sort } = query;
  const states = query.states === undefined ? null : [...new Set(query.states)];
  if (isNarrow) {
    const more = [
      ...conditions,
      ...(repositoryIds === null ? [] : [`t.repository_id = any (${put([...repositoryIds])}::bigint[])`]),
      ...(states === null ? [] : [`t.state = any (${put(states)}::text[])`]),
    ];
    return `select t.seq from task t where ${more.join(' and ')} order by ${order} limit ${limit}`;
  }
  if (repositoryIds === null && states === null && sort !== 'cost') {
    const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
    return `select t.seq from task t ${where} order by ${order} limit ${limit}`;
  }
  const walks: string[] = [];
  const keys: string[] = [];
  if (repositoryIds !== null) {
    walks.push(`unnest(${put([...repositoryIds])}::bigint[]) as r(repository_id)`);
    keys.push('t.repository_id = r.repository_id');
  } else if (sort === 'cost') {
    walks.push('(select repository_id from lane) as r');
    keys.push('t.repository_id = r.repository_id');
  }
  if (sort === 'cost') {
    keys.push(...(states === null ? [] : [`t.state = any (${put(states)}::text[])`]));
  } else {
    walks.push(`unnest(${put(states ?? [...TASK_STATES])}::text[]) as s(state)`);
    keys.push('t.state = s.state');
  }
  return `select t.seq from ${walks.join(' cross join ')} cross join lateral (
      select t.seq, t.spent_nano from task t where ${[...keys, ...conditions].join(' and ')} order by ${order} limit ${limit}
    ) t order by ${order} limit ${limit}`;
}

function orderOf(sort: TaskQuery['sort']): string {
  return { newest: 't.seq desc', oldest: 't.seq', cost: 't.spent_nano desc, t.seq desc' }[sort];
}

function afterCursor({ after, sort }: TaskQuery, put: (value: unknown) => string): string {
  const seq = put(after?.seq ?? 0);
  if (sort === 'cost') {
    return `(t.spent_nano, t.seq) < (${put(after?.spentNano ?? 0)}, ${seq})`;
  }
  return sort === 'newest' ? `t.seq < ${seq}` : `t.seq > ${seq}`;
}
