import type { Clock } from '../task/clock.ts';
import { REQUEST_TIMEOUT_MS } from './create-github-app.ts';
import { createGitHub } from './create-github.ts';
import type { GitHub } from './github.ts';
import { createLimits } from './limits/limits.ts';
import { createClient } from './request/client.ts';
import { createConnection } from './request/connection.ts';
import { createNames } from './request/names.ts';
import { createFixedTokens } from './request/tokens.ts';
import type { WriteLocks } from '../task/ports/write-locks.ts';

export interface TokenGitHubOptions {
  /** The token of the workflow run, or any other that may read and write the repository. */
  readonly token: string;
  readonly apiUrl: string;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly writeLocks: WriteLocks;
  readonly fetch?: typeof globalThis.fetch;
  readonly timeoutMs?: number;
}

/** GitHub with one given token: never narrowed, renewed or revoked, because it belongs to whoever gave it. */
export function createTokenGitHub(options: TokenGitHubOptions): GitHub {
  const { clock } = options;
  const client = createClient({
    connection: createConnection({ ...options, timeoutMs: options.timeoutMs ?? REQUEST_TIMEOUT_MS }),
    tokens: createFixedTokens(options.token),
    limits: createLimits({ installationId: 0, holder: 'this process', writeLocks: options.writeLocks, clock }),
    names: createNames(clock),
    clock,
    onAnswer: () => undefined,
  });
  return createGitHub({ client });
}
