import { z } from 'zod';
import { TASK_TYPES, type TaskState } from '../../protocol/index.ts';
import { TASK_SORTS, type TaskCursor, type TaskQuery } from '../store/task-lists.ts';

/** What people call groups of states. */
export const LIST_STATES = {
  running: ['HYDRATING', 'RUNNING', 'FINALIZING'],
  waiting: ['SUBMITTED'],
  failed: ['FAILED', 'TIMED_OUT'],
  completed: ['COMPLETED'],
  cancelled: ['CANCELLED'],
} as const satisfies Record<string, readonly TaskState[]>;

type ListState = keyof typeof LIST_STATES;

const Cursor = z.object({ s: z.number().int().nonnegative(), c: z.number().int().nonnegative() });

/** The query of a list, of the pages and of the API. An empty field is none. */
export const ListFilter = z.object({
  q: z.string().max(200).optional().describe('`#12`, an id, or the beginnings of words of the title.'),
  state: z
    .enum(Object.keys(LIST_STATES) as [ListState, ...ListState[]])
    .optional()
    .describe('Only tasks in this group of states.'),
  repository: z.coerce.number().int().positive().optional().describe('Only tasks of the repository with this number.'),
  type: z.enum(TASK_TYPES).optional().describe('Only tasks of this type.'),
  person: z.string().max(39).optional().describe('Only tasks that this login asked for.'),
  sort: z.enum(TASK_SORTS).default('newest').describe('The order of the list.'),
  limit: z.coerce.number().int().min(1).max(100).default(30).describe('The most tasks of a page.'),
  cursor: z.string().max(200).optional().describe('Where to go on: `next_cursor` of the page before.'),
});
export type ListFilter = z.output<typeof ListFilter>;

export type ReadFilter =
  | { readonly ok: true; readonly filter: ListFilter; readonly after: TaskCursor | null }
  | { readonly ok: false; readonly problem: string };

export function readFilter(query: URLSearchParams): ReadFilter {
  const given = Object.fromEntries([...query].filter(([, value]) => value !== ''));
  const read = ListFilter.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    return { ok: false, problem: `${issue?.path.join('.') ?? 'The query'}: ${issue?.message ?? 'cannot be read'}` };
  }
  const after = read.data.cursor === undefined ? null : readCursor(read.data.cursor);
  return after === 'wrong'
    ? { ok: false, problem: 'cursor: it is not one that this server gave out' }
    : { ok: true, filter: read.data, after };
}

/** The query for the store, of the repositories the viewer may see. */
export function queryOf(
  { filter, after }: { readonly filter: ListFilter; readonly after: TaskCursor | null },
  visible: readonly number[] | null,
): TaskQuery {
  const { limit, person, q, repository, sort, state, type } = filter;
  return {
    repositoryIds: narrow(visible, repository),
    sort,
    limit,
    after,
    ...(state === undefined ? {} : { states: LIST_STATES[state] }),
    ...(type === undefined ? {} : { type }),
    ...(person === undefined ? {} : { requestedBy: person.replace(/^@/, '') }),
    ...(q === undefined ? {} : { search: q }),
  };
}

function narrow(visible: readonly number[] | null, repository: number | undefined): readonly number[] | null {
  if (repository === undefined) {
    return visible;
  }
  return visible === null || visible.includes(repository) ? [repository] : [];
}

/** The filter as a query, with another cursor. */
export function filterQuery(filter: ListFilter, cursor: TaskCursor | null): string {
  const { cursor: _before, limit, sort, ...rest } = filter;
  const fields = {
    ...rest,
    ...(sort === 'newest' ? {} : { sort }),
    ...(limit === 30 ? {} : { limit }),
    ...(cursor === null ? {} : { cursor: writeCursor(cursor) }),
  };
  return new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ).toString();
}

export function writeCursor({ seq, spentNano }: TaskCursor): string {
  return Buffer.from(JSON.stringify({ s: seq, c: spentNano })).toString('base64url');
}

function readCursor(text: string): TaskCursor | 'wrong' {
  try {
    const read = Cursor.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    return read.success ? { seq: read.data.s, spentNano: read.data.c } : 'wrong';
  } catch {
    return 'wrong';
  }
}
