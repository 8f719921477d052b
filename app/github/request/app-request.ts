import type { Clock } from '../../task/clock.ts';
import type { GitHubResult } from '../github.ts';
import { createAppJwt, readAppKey } from './app-jwt.ts';
import type { Answer, Call, Connection, Sent } from './connection.ts';

/** Below this the backdating of the token forgives. */
const TOLERATED_SKEW_MS = 20_000;

/** Requests of the App itself, signed with its key. */
export interface AppRequest {
  send<T>(call: Call<T>): Promise<GitHubResult<Answer<T>>>;
  /** With a given token instead of the App's own. */
  sendWith<T>(token: string, call: Call<T>): Promise<GitHubResult<Answer<T>>>;
}

export interface AppRequestOptions {
  readonly appId: number;
  readonly privateKey: string;
  readonly connection: Connection;
  readonly clock: Clock;
}

/** Signs with GitHub's time once GitHub has refused ours: a machine with a wrong clock still works. */
export function createAppRequest(options: AppRequestOptions): AppRequest {
  const { clock, connection } = options;
  const app = { appId: options.appId, key: readAppKey(options.privateKey) };
  let skewMs = 0;

  async function sendWith<T>(token: string, call: Call<T>): Promise<GitHubResult<Answer<T>>> {
    return toResult(await connection.send(token, call));
  }

  return {
    sendWith,
    async send(call) {
      const signedAt = clock.now().getTime();
      const sent = await connection.send(createAppJwt(app, new Date(signedAt + skewMs)), call);
      if (sent.ok || sent.problem.kind !== 'unauthorized' || !sent.serverTime) {
        return toResult(sent);
      }
      const seenSkewMs = sent.serverTime.getTime() - signedAt;
      if (Math.abs(seenSkewMs - skewMs) < TOLERATED_SKEW_MS) {
        return toResult(sent);
      }
      skewMs = seenSkewMs;
      return sendWith(createAppJwt(app, new Date(clock.now().getTime() + skewMs)), call);
    },
  };
}

function toResult<T>(sent: Sent<T>): GitHubResult<Answer<T>> {
  return sent.ok ? { ok: true, value: sent.answer } : { ok: false, problem: sent.problem };
}
