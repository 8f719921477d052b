import { createMemoryQueue } from '../../../app/queue/memory-queue.ts';
import type { PlantedBug } from './planted-bug.ts';

/** What can be wrong with acts: what is asked before them, what is looked for after a lost answer, who is heard. */
export const ACT_BUGS: readonly PlantedBug[] = [
  {
    name: 'a comment is created without looking for the one that is there',
    plant: {
      ports: ({ github }) => ({
        github: new Proxy(github, {
          get: (target, key) =>
            key === 'fetchComments'
              ? async (...given: Parameters<typeof github.fetchComments>) => {
                  const answer = await target.fetchComments(...given);
                  return answer.ok ? { ok: true, value: answer.value.filter(({ appId }) => appId === null) } : answer;
                }
              : (Reflect.get(target, key) as unknown),
        }),
      }),
    },
  },
  {
    name: 'a check run is created without looking for the one that is there',
    plant: {
      ports: ({ github }) => ({
        github: new Proxy(github, {
          get: (target, key) =>
            key === 'findCheckRun' ? async () => ({ ok: true, value: null }) : (Reflect.get(target, key) as unknown),
        }),
      }),
    },
  },
  {
    name: 'the gate looks away',
    plant: {
      ports: ({ git }) => ({
        git: {
          ...git,
          inspect: async (...given) => {
            const { facts, patch } = await git.inspect(...given);
            return { patch, facts: { ...facts, net: facts.net.filter(({ path }) => !path.startsWith('.github')) } };
          },
        },
      }),
    },
  },
  {
    name: 'a branch is pushed before it is written down that it may be',
    plant: {
      ports: ({ publisherTasks, stores }) => ({
        publisherTasks: new Proxy(publisherTasks, {
          get: (target, key) =>
            key === 'record'
              ? async (change: Parameters<typeof publisherTasks.record>[0]) => {
                  const task = await stores.tasks.find(change.fence.taskId);
                  return change.event?.kind === 'task.gate_passed' && task !== null
                    ? { moved: true, task }
                    : target.record(change);
                }
              : (Reflect.get(target, key) as unknown),
        }),
      }),
    },
  },
  {
    name: 'a cancel is not seen while the work is published',
    plant: {
      stores: (stores) => ({
        ...stores,
        tasks: {
          ...stores.tasks,
          find: async (id) => {
            const task = await stores.tasks.find(id);
            return task === null || task.lease === null ? task : { ...task, stop: null };
          },
        },
      }),
      ports: ({ publisherTasks }) => ({
        publisherTasks: new Proxy(publisherTasks, {
          get: (target, key) =>
            key === 'find'
              ? async (id: string) => {
                  const task = await target.find(id);
                  return task === null ? null : { ...task, stop: null };
                }
              : (Reflect.get(target, key) as unknown),
        }),
      }),
    },
  },
  {
    name: 'a slot is not given back',
    plant: {
      ports: ({ limits }, { stores }) => ({
        limits: () => {
          const ended = [...stores.state.tasks.values()].filter(({ task }) => task.finishedAt !== null).length;
          const { budgets, concurrency } = limits();
          return { budgets, concurrency: { ...concurrency, server: concurrency.server - Math.floor(ended / 5) } };
        },
      }),
    },
  },
  {
    name: 'work is found only when a wake-up says so',
    plant: { ports: () => ({ queue: createMemoryQueue() }) },
  },
  {
    name: 'the time that GitHub names is ignored',
    plant: {
      limits: (limits) => ({ ...limits, observe: async () => undefined, fetchBlockedUntil: async () => null }),
    },
  },
  {
    name: 'the work of an earlier attempt is forgotten',
    plant: {
      ports: ({ repositories }) => ({
        repositories: new Proxy(repositories, {
          get: (target, key) => (key === 'tip' ? async () => null : (Reflect.get(target, key) as unknown)),
        }),
      }),
    },
  },
  {
    name: 'what a worker pushed goes with its session',
    plant: {
      ports: ({ compute, repositories }) => ({
        compute: new Proxy(compute, {
          get: (target, key) =>
            key === 'clean'
              ? async (session: Parameters<typeof compute.clean>[0]) => {
                  await repositories.remove(session);
                  await target.clean(session);
                }
              : (Reflect.get(target, key) as unknown),
        }),
      }),
    },
  },
];
