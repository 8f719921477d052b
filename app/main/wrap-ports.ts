import type { GitHubApp } from '../github/github.ts';
import type { Storage } from './open-storage.ts';

/** Returns the port itself, or one of the same shape that stands before it. */
export type WrapPort = <Port extends object>(name: string, port: Port) => Port;

/** The storage with something around each store and the artifacts; the queue is left alone, because it only hints. */
export function wrapStorage(storage: Storage, around: WrapPort): Storage {
  const { stores } = storage;
  return {
    ...storage,
    artifacts: around('artifacts', storage.artifacts),
    stores: {
      ...stores,
      inbox: around('inbox', stores.inbox),
      tasks: around('tasks', stores.tasks),
      attempts: around('attempts', stores.attempts),
      checks: around('checks', stores.checks),
      budgets: around('budgets', stores.budgets),
      outbox: around('outbox', stores.outbox),
      reports: around('reports', stores.reports),
      keys: around('keys', stores.keys),
    },
  };
}

/** The App with something around each installation, which is what tasks act on. */
export function wrapGitHub(app: GitHubApp, around: WrapPort): GitHubApp {
  const installations = new Map<number, ReturnType<GitHubApp['installation']>>();
  return {
    ...app,
    installation(id) {
      const known = installations.get(id) ?? around('github', app.installation(id));
      installations.set(id, known);
      return known;
    },
  };
}
