import path from 'node:path';
import { startDemoServers, type DemoServers } from '../../app/cli/demo/start-demo-servers.ts';
import type { Attempt } from '../../app/task/attempt.ts';
import type { Task } from '../../app/task/task.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';
import type { Defer } from '../frame/with-clean-up.ts';

export type Compute = 'sandbox' | 'docker' | 'process';

const MAINTAINER = 'mira';
/** One file written, then done: what is left is the worker's own time. */
const SCRIPT: ModelScript = (_request, { turn }) =>
  turn === 0
    ? { text: 'I write.', toolUse: [{ name: 'write', input: { file_path: 'NOTES.md', content: 'High water.\n' } }] }
    : { text: 'Done.' };

/** One task as it was run. Times are milliseconds. */
export interface RunTask {
  readonly task: Task;
  readonly attempt: Attempt;
  /** From the command to the end of the task. */
  readonly totalMs: number;
  /** From the start of the worker until its agent began: the checkout. */
  readonly checkoutMs: number;
}

export interface Stage {
  /** A repository made of a git repository of this machine. */
  add(name: string, directory: string): Promise<string>;
  run(repository: string, command?: string): Promise<RunTask>;
  readonly servers: DemoServers;
}

/** A local GitHub, an instant model and a Bosun whose data is on a disk. */
export async function openStage(
  place: { directory: string; compute: Compute; settings?: Readonly<Record<string, string>> },
  defer: Defer,
): Promise<Stage> {
  const servers = await startDemoServers({
    script: SCRIPT,
    compute: place.compute,
    dataDir: path.join(place.directory, `data-${place.compute}`),
    settings: {
      BOSUN_TASKS_PER_USER_PER_HOUR: '1000',
      BOSUN_BUDGET_REPOSITORY_DAY: 'none',
      BOSUN_BUDGET_REPOSITORY_MONTH: 'none',
      BOSUN_BUDGET_SERVER_DAY: 'none',
      ...place.settings,
    },
  });
  defer(() => servers.close());
  const { github } = servers;
  const { stores } = servers.bosun.storage;
  github.createUser({ login: 'harbor', type: 'Organization' });
  github.createUser({ login: MAINTAINER });
  return {
    servers,
    async add(name, directory) {
      await github.createRepository({ owner: 'harbor', name, fromGit: directory });
      github.setPermission(`harbor/${name}`, MAINTAINER, 'maintain');
      return `harbor/${name}`;
    },
    async run(repository, command = '/implement') {
      const issue = github.openIssue(repository, { as: MAINTAINER, title: 'Write it down', body: '' });
      const thread = { repository, number: issue.number };
      const startedAt = performance.now();
      github.comment(thread, { as: MAINTAINER, body: command });
      const task = await waitForEnd(servers, thread.number, repository);
      const totalMs = performance.now() - startedAt;
      const attempt = await stores.attempts.find({ taskId: task.id, epoch: task.epoch });
      if (attempt === null || task.state !== 'COMPLETED') {
        throw new Error(`the task on ${repository} ended ${task.state}: ${task.failure?.detail ?? ''}`);
      }
      const events = await stores.tasks.events(task.id);
      const at = (phase: string): number =>
        events.find((event) => event.kind === 'task.progress' && event.data.phase === phase)?.at.getTime() ??
        Number.NaN;
      return { task, attempt, totalMs, checkoutMs: at('agent') - at('clone') };
    },
  };
}

async function waitForEnd({ bosun }: DemoServers, number: number, repository: string): Promise<Task> {
  const { database, stores } = bosun.storage;
  let wake: () => void = () => undefined;
  const listening = await database.listen('bosun_wake', () => wake());
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const tasks = await stores.tasks.list({ limit: 5 });
      const task = tasks.find(
        (row) => row.thread.number === number && `${row.repository.owner}/${row.repository.name}` === repository,
      );
      if (task !== undefined && task.finishedAt !== null) {
        return task;
      }
      await Promise.race([woken, new Promise((resolve) => setTimeout(resolve, 1_000))]);
    }
  } finally {
    await listening.stop();
  }
}
