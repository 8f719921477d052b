import { ulid } from 'ulid';
import { actOnTask } from '../control/act-on-task.ts';
import { createDashboard } from '../dashboard/create-dashboard.ts';
import { createChangeFeed } from '../dashboard/live/change-feed.ts';
import { createRights } from '../dashboard/sign-in/rights.ts';
import { createSealer } from '../dashboard/sign-in/sealed.ts';
import { createSessions } from '../dashboard/sign-in/session.ts';
import type { ServerConfig } from '../config/server-config.ts';
import type { Readiness } from '../dashboard/health.ts';
import type { GitHubApp } from '../github/github.ts';
import { createSignIn } from '../github/sign-in.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Handler } from './listen/start-listener.ts';
import type { Storage } from './open-storage.ts';
import { systemClock } from './system.ts';

/** The channel on which every change of a row is told; see `app/store/postgres/create-notifier.ts`. */
const WAKE_CHANNEL = 'bosun_wake';

export interface DashboardOptions {
  readonly config: ServerConfig;
  readonly github: Pick<GitHubApp, 'installation'>;
  readonly storage: Pick<Storage, 'artifacts' | 'database' | 'stores'>;
  readonly readReadiness: () => Promise<Readiness>;
  readonly log: Logger;
  readonly version: string;
}

/** The pages, the API and the live streams, wired to the stores, GitHub and the changes that other processes make. */
export async function openDashboard(
  options: DashboardOptions,
): Promise<{ readonly handle: Handler; stop(): Promise<void> }> {
  const { config, github, log, storage } = options;
  const { artifacts, database, stores } = storage;
  const { oauth } = config.dashboard;
  const sealer = createSealer(await stores.keys.get('dashboard'));
  const changes = createChangeFeed();
  const listening =
    config.dashboard.mode === 'off'
      ? null
      : await database.listen(WAKE_CHANNEL, (payload) => {
          const taskId = payload === null ? null : readTaskId(payload);
          if (taskId !== undefined) {
            changes.tell(taskId);
          }
        });
  const stopping = new AbortController();
  const handle = createDashboard({
    config,
    stores,
    artifacts,
    rights: createRights({ lists: stores.lists, github: (id) => github.installation(id), clock: systemClock }),
    sealer,
    sessions: createSessions({ clock: systemClock, sealer }),
    signIn: oauth === null ? null : createSignIn({ ...oauth, ...config.github, userAgent: `bosun/${options.version}` }),
    act: (request) => actOnTask(request, { tasks: stores.tasks, server: config, newId: (at) => ulid(at.getTime()) }),
    changes,
    stopped: stopping.signal,
    readReadiness: options.readReadiness,
    newId: (at) => ulid(at.getTime()),
    clock: systemClock,
    log,
    version: options.version,
  });
  return {
    handle,
    async stop() {
      stopping.abort();
      await listening?.stop();
    },
  };
}

/** Undefined for what is not about a task. */
function readTaskId(payload: string): string | null | undefined {
  const { id, kind } = JSON.parse(payload) as { readonly id?: unknown; readonly kind?: unknown };
  if ((kind !== 'report' && kind !== 'task') || typeof id !== 'string') {
    return undefined;
  }
  return id === '*' ? null : id;
}
