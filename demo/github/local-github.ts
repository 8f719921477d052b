import type { TokenFormat } from './auth/issue-token.ts';
import type { TokenActs } from './auth/token-actions.ts';
import type { Clock } from './clock.ts';
import type { GitResult } from './git/run-git.ts';
import type { Faults } from './http/faults.ts';
import type { LimitReport } from './http/limits.ts';
import type { RequestRecord } from './http/request-log.ts';
import type { Violation } from './openapi/validate-request.ts';
import type { RepositoryActs } from './people/repositories.ts';
import type { ThreadActs, ThreadRef } from './people/threads.ts';
import type { CheckRun, Comment, Issue, Permissions, Repository, World } from './state/world.ts';
import type { Delivery, Webhook } from './webhooks/deliveries.ts';

export interface LocalGitHubOptions {
  /** 0 (any free port) by default; the host is always 127.0.0.1. */
  port?: number;
  /** Keeps the bare repositories here. By default a temporary directory that `close` removes. */
  root?: string;
  /** Where time starts; it continues from there. By default the machine's time. */
  startAt?: Date;
  app?: {
    id?: number;
    slug?: string;
    name?: string;
    /** A key pair is made when absent. */
    privateKey?: string;
    permissions?: Permissions;
    events?: string[];
    owner?: string;
  };
  /** Where deliveries go. Without one nothing is recorded, as on GitHub. It can be set later. */
  webhook?: Webhook;
  /** `auto` sends at once, `manual` waits for `deliver()`. */
  deliveries?: 'auto' | 'manual';
  /** As GitHub: 10 s. */
  deliveryTimeoutMs?: number;
  tokenFormat?: TokenFormat;
  /** What happens to requests that GitHub's OpenAPI description does not allow; `strict` (400) by default. */
  validation?: 'strict' | 'record' | 'off';
  /** What happens over a secondary limit; `record` by default. */
  secondaryLimits?: 'record' | 'enforce';
  /** Requests an hour; 5,000 by default. */
  hourlyLimit?: number;
}

/** A GitHub on this machine. Names of repositories are `owner/name` throughout. */
export interface LocalGitHub extends RepositoryActs, ThreadActs, TokenActs {
  /** `http://127.0.0.1:PORT`: pages, git and the API at once. Use it as `GITHUB_SERVER_URL`. */
  url: string;
  /** The API under its Enterprise path, `URL/api/v3`. Use it as `GITHUB_API_URL`. */
  apiUrl: string;
  app: {
    id: number;
    slug: string;
    clientId: string;
    clientSecret: string;
    privateKey: string;
    botLogin: string;
    botId: number;
  };
  clock: Clock;
  /** The state itself, for what has no method. Change it with care. */
  world: World;

  faults: Faults;
  /** Every request in order. */
  requests: readonly RequestRecord[];
  /** The first finished request that fits, past or future. */
  waitForRequest: (fits: (record: RequestRecord) => boolean) => Promise<RequestRecord>;
  violations: readonly Violation[];
  limits: () => LimitReport;

  /** Every delivery attempt in order. */
  deliveries: readonly Delivery[];
  setWebhook: (webhook: Webhook | undefined) => void;
  setDeliveries: (mode: 'auto' | 'manual') => void;
  /** With `manual`: sends what is waiting, one after the other. Resolves with their outcome. */
  deliver: () => Promise<Delivery[]>;
  redeliver: (delivery: Delivery) => Promise<Delivery>;
  /** Sends any payload, signed, with a GUID of its own or the one given. */
  sendWebhook: (message: { event: string; payload: Record<string, unknown>; guid?: string }) => Promise<Delivery>;
  /** Resolves when every delivery so far was answered or failed. */
  settled: () => Promise<void>;

  /** Lists show what was created only this much later. */
  setListingLag: (ms: number) => void;
  setTokenFormat: (format: TokenFormat) => void;

  repository: (name: string) => Repository;
  issue: (thread: ThreadRef) => Issue;
  comments: (thread: ThreadRef) => Comment[];
  /** Pull requests, oldest first. */
  pulls: (repository: string) => Issue[];
  checkRuns: (repository: string) => CheckRun[];
  /** Runs git in the bare repository. */
  git: (repository: string, args: readonly string[]) => Promise<GitResult>;
  /** The text of a file on a branch or commit; undefined when it is not there. */
  readFile: (repository: string, file: { path: string; ref?: string }) => Promise<string | undefined>;
  cloneUrl: (repository: string) => string;

  close: () => Promise<void>;
}
