import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { ServerConfig } from '../config/server-config.ts';
import type { TaskActionRequest, TaskActionResult } from '../control/act-on-task.ts';
import type { SignIn } from '../github/sign-in.ts';
import type { Artifacts } from '../store/artifacts.ts';
import type { Stores } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Readiness } from './health.ts';
import type { ChangeFeed } from './live/change-feed.ts';
import type { Rights } from './sign-in/rights.ts';
import type { Sealer } from './sign-in/sealed.ts';
import type { Sessions } from './sign-in/session.ts';
import type { Viewer } from './sign-in/viewer.ts';

/** What the pages, the API and the live streams are made of. */
export interface DashboardParts {
  readonly config: Pick<ServerConfig, 'dashboard' | 'github' | 'http' | 'limits' | 'shown'>;
  readonly stores: Pick<Stores, 'access' | 'attempts' | 'budgets' | 'checks' | 'inbox' | 'lists' | 'reports' | 'tasks'>;
  readonly artifacts: Pick<Artifacts, 'get' | 'list'>;
  readonly rights: Rights;
  readonly sealer: Sealer;
  readonly sessions: Sessions;
  /** Null where nobody can sign in. */
  readonly signIn: SignIn | null;
  readonly act: (request: TaskActionRequest) => Promise<TaskActionResult>;
  readonly changes: ChangeFeed;
  /** Ends the live streams when the server stops. */
  readonly stopped: AbortSignal;
  readonly readReadiness: () => Promise<Readiness>;
  readonly newId: (at: Date) => string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
}

export interface WebEnv {
  Bindings: HttpBindings;
  Variables: { viewer: Viewer };
}

export type WebContext = Context<WebEnv>;
