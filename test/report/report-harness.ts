import { createGitHubApp } from '../../app/github/create-github-app.ts';
import { createReporter } from '../../app/report/reporter.ts';
import type { Reporter, ReporterOptions } from '../../app/report/reporter.ts';
import type { Queue } from '../../app/queue/queue.ts';
import type { WakeUp } from '../../app/store/wake-up.ts';
import type { Task } from '../../app/task/task.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHubOptions } from '../../demo/github/local-github.ts';
import { OPTIONS, makeTask } from './make-facts.ts';
import { createReportRows } from './report-rows.ts';
import { createMemoryWriteLocks } from '../../app/store/memory/memory-write-locks.ts';

export const NAME = 'octo/demo';

/** A reporter on a local GitHub, with a repository, an issue in it and the rows of the test. */
export async function createReportHarness(options: LocalGitHubOptions = {}) {
  const local = await createLocalGitHub(options);
  local.createUser({ login: 'octo' });
  local.createUser({ login: 'alice' });
  const repository = await local.createRepository({ owner: 'octo', name: 'demo', files: { 'README.md': '# Demo' } });
  local.setPermission(NAME, 'alice', 'write');
  const installation = local.installApp(NAME);
  const rows = createReportRows();
  const app = createGitHubApp({
    appId: local.app.id,
    privateKey: local.app.privateKey,
    apiUrl: local.apiUrl,
    userAgent: 'bosun-test',
    clock: { now: () => local.clock.now() },
    writeLocks: createMemoryWriteLocks(),
    timeoutMs: 2_000,
    // Waiting costs no time here: it moves the clock of the local GitHub.
    sleep: async (ms) => {
      local.clock.advance(ms);
    },
  });
  const logged: { level: string; message: string; fields?: unknown }[] = [];
  const ref = { id: repository.id, owner: 'octo', name: 'demo' };

  function openIssue(title = 'It breaks'): number {
    return local.openIssue(NAME, { as: 'alice', title }).number;
  }

  return {
    local,
    rows,
    logged,
    ref,
    installationId: installation.id,
    openIssue,
    taskOn: (number: number, changes: Partial<Task> = {}): Task =>
      makeTask({ installationId: installation.id, repository: ref, thread: { number, kind: 'issue' }, ...changes }),
    comments: (number: number) => local.comments({ repository: NAME, number }),
    reporter: (more: Partial<ReporterOptions> = {}): Reporter =>
      createReporter({
        stores: rows.stores,
        holder: 'me',
        github: (id) => app.installation(id),
        appId: local.app.id,
        clock: { now: () => local.clock.now() },
        render: { ...OPTIONS, serverUrl: local.url },
        queue: createSilentQueue(),
        log: {
          info: (message, fields) => logged.push({ level: 'info', message, fields }),
          warn: (message, fields) => logged.push({ level: 'warn', message, fields }),
          error: (message, fields) => logged.push({ level: 'error', message, fields }),
        },
        ...more,
      }),
    close: () => local.close(),
  };
}

export type ReportHarness = Awaited<ReturnType<typeof createReportHarness>>;

/** A queue that loses every wake-up unless the test sends one. */
export function createSilentQueue(): Pick<Queue, 'receive'> & {
  send(wakeUp: WakeUp): void;
  receiving(): Promise<void>;
} {
  let wake: ((wakeUp: WakeUp) => void) | null = null;
  let told: (() => void)[] = [];
  return {
    send: (wakeUp) => wake?.(wakeUp),
    /** Resolves when somebody waits. */
    receiving: () => (wake ? Promise.resolve() : new Promise((resolve) => told.push(resolve))),
    receive: ({ signal }) =>
      new Promise((resolve) => {
        function finish(wakeUps: WakeUp[]): void {
          wake = null;
          resolve(wakeUps.map((wakeUp) => ({ wakeUp, extend: async () => {}, acknowledge: async () => {} })));
        }
        if (signal.aborted) {
          finish([]);
          return;
        }
        signal.addEventListener('abort', () => finish([]), { once: true });
        wake = (wakeUp) => finish([wakeUp]);
        for (const resolveTold of told.splice(0)) {
          resolveTold();
        }
      }),
  };
}
