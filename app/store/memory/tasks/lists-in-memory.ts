import { TASK_STATES, type TaskState } from '../../../../protocol/index.ts';
import type { Task } from '../../../task/task.ts';
import {
  parseSearch,
  titleWords,
  type ModelUsageRow,
  type Search,
  type TaskListStore,
  type TaskQuery,
  type UsageGroup,
  type UsageQuery,
  type UsageRow,
} from '../../task-lists.ts';
import { readTask, type MemoryState, type TaskRecord } from '../memory-state.ts';

export function createMemoryTaskLists(state: MemoryState): TaskListStore {
  function visible(repositoryIds: readonly number[] | null): TaskRecord[] {
    return [...state.tasks.values()].filter(
      ({ task }) => repositoryIds === null || repositoryIds.includes(task.repository.id),
    );
  }
  function created({ from, repositoryIds, to }: UsageQuery): TaskRecord[] {
    return visible(repositoryIds).filter(({ task }) => task.createdAt >= from && task.createdAt < to);
  }

  return {
    page: async (query) => {
      const search = parseSearch(query.search);
      const rows = visible(query.repositoryIds)
        .filter((record) => fits(record.task, query, search) && isAfter(record, query))
        .toSorted((a, b) => compare(a, b, query.sort));
      const kept = rows.slice(0, query.limit);
      const last = kept.at(-1);
      return {
        tasks: kept.map((record) => readTask(state, record)),
        next:
          rows.length > query.limit && last !== undefined ? { seq: last.seq, spentNano: last.task.spentNano } : null,
      };
    },

    counts: async (repositoryIds) => {
      const groups = Map.groupBy(visible(repositoryIds), ({ task }) => task.state);
      const entries = TASK_STATES.map((name) => [name, groups.get(name)?.length ?? 0]);
      return Object.fromEntries(entries) as Record<TaskState, number>;
    },

    repositories: async () => {
      const latest = new Map(
        [...state.tasks.values()]
          .toSorted((a, b) => a.task.thread.number - b.task.thread.number || a.seq - b.seq)
          .map(({ task }) => [task.repository.id, { ...task.repository, installationId: task.installationId }]),
      );
      return [...latest.values()].toSorted((a, b) => order(nameOf(a).toLowerCase(), nameOf(b).toLowerCase()));
    },

    attempts: async (taskId) =>
      [...state.attempts.values()]
        .map(({ attempt }) => attempt)
        .filter((attempt) => attempt.taskId === taskId)
        .toSorted((a, b) => a.epoch - b.epoch),

    usage: async ({ by, limit, ...query }) => {
      const groups = Map.groupBy(created(query), ({ task }) => groupOf(task, by));
      const rows = [...groups].map(([key, records]): UsageRow => {
        const isPublished = ({ task }: TaskRecord): boolean =>
          task.state === 'COMPLETED' && task.publication.pullNumber !== null;
        const costNano = records.reduce((sum, { task }) => sum + task.spentNano, 0);
        return { key, tasks: records.length, published: records.filter(isPublished).length, costNano };
      });
      const sorted = rows.toSorted((a, b) =>
        by === 'day' ? order(a.key, b.key) : b.costNano - a.costNano || order(a.key, b.key),
      );
      return sorted.slice(0, limit);
    },

    modelUsage: async ({ from, repositoryIds, to }) => {
      const ids = new Set(visible(repositoryIds).map(({ task }) => task.id));
      const settled = [...state.ledger.values()].filter(
        ({ costNano, drawnAt, taskId }) => costNano !== null && drawnAt >= from && drawnAt < to && ids.has(taskId),
      );
      const groups = Map.groupBy(settled, ({ model, purpose }) => `${purpose} ${model}`);
      const rows = [...groups.values()].flatMap((group): ModelUsageRow[] => {
        const [first] = group;
        const sum = (count: (one: (typeof group)[number]) => number): number =>
          group.reduce((total, one) => total + count(one), 0);
        return first === undefined
          ? []
          : [
              {
                model: first.model,
                purpose: first.purpose,
                requests: group.length,
                inputTokens: sum(({ usage }) => usage.inputTokens),
                outputTokens: sum(({ usage }) => usage.outputTokens),
                cacheReadTokens: sum(({ usage }) => usage.cacheReadTokens),
                costNano: sum(({ costNano }) => costNano ?? 0),
              },
            ];
      });
      return rows.toSorted((a, b) => b.costNano - a.costNano || order(a.model, b.model) || order(a.purpose, b.purpose));
    },
  };
}

function fits(task: Task, query: TaskQuery, search: Search): boolean {
  return (
    (query.states === undefined || query.states.includes(task.state)) &&
    (query.requestedBy === undefined || task.requestedBy.login.toLowerCase() === query.requestedBy.toLowerCase()) &&
    (query.type === undefined || task.type === query.type) &&
    isFound(task, search)
  );
}

function isFound(task: Task, search: Search): boolean {
  switch (search.kind) {
    case 'none':
      return true;
    case 'nothing':
      return false;
    case 'number':
      return task.thread.number === search.number;
    case 'id':
      return task.id === search.id;
    case 'words': {
      const title = titleWords(task.text.title);
      return search.words.every((word) => title.some((one) => one.startsWith(word)));
    }
  }
}

function isAfter(record: TaskRecord, { after, sort }: TaskQuery): boolean {
  if (after === null) {
    return true;
  }
  if (sort === 'cost') {
    const { spentNano } = record.task;
    return spentNano < after.spentNano || (spentNano === after.spentNano && record.seq < after.seq);
  }
  return sort === 'newest' ? record.seq < after.seq : record.seq > after.seq;
}

function compare(a: TaskRecord, b: TaskRecord, sort: TaskQuery['sort']): number {
  if (sort === 'oldest') {
    return a.seq - b.seq;
  }
  return (sort === 'cost' ? b.task.spentNano - a.task.spentNano : 0) || b.seq - a.seq;
}

function groupOf(task: Task, by: UsageGroup): string {
  switch (by) {
    case 'day':
      return task.createdAt.toISOString().slice(0, 10);
    case 'repository':
      return nameOf(task.repository);
    case 'person':
      return task.requestedBy.login;
    case 'type':
      return task.type;
    case 'state':
      return task.state;
  }
}

function nameOf({ name, owner }: { readonly owner: string; readonly name: string }): string {
  return `${owner}/${name}`;
}

function order(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
