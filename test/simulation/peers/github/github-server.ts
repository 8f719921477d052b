import type { GitHub, GitHubResult } from '../../../../app/github/github.ts';
import type { Sim } from '../../engine/sim.ts';
import { createGitHubCalls } from './calls.ts';
import type { GitHubState } from './github-state.ts';

const CREATING = /^create/;
const CHANGING = /^(?:create|update|add)/;
const MAX_A_MINUTE = 80;
const MAX_AN_HOUR = 500;
const RETRY_AFTER_MS = 60_000;

/** GitHub from the outside: its calls, its limits and its bad days. */
export interface GitHubServer {
  readonly calls: GitHub;
  isDown(): boolean;
}

/** Counts what may be created, tells who exceeds it to come back later, and refuses now and then without a reason. */
export function createGitHubServer(state: GitHubState, sim: Sim, onDone: (method: string) => void): GitHubServer {
  const calls = createGitHubCalls(state);
  const chance = sim.chance.stream('github');
  let created: number[] = [];
  let downUntil = 0;

  function planOutage(): void {
    const { githubOutages } = sim.profile;
    if (githubOutages > 0) {
      const inMs = (86_400_000 / githubOutages) * 2 * chance.next();
      sim.time.at(sim.time.now() + inMs, () => {
        downUntil = sim.time.now() + chance.between(20_000, chance.happens(0.1) ? 5 * 3_600_000 : 900_000);
        sim.trace.say(`github is down until ${new Date(downUntil).toISOString()}`);
        planOutage();
      });
    }
  }
  planOutage();

  function limitOf(method: string): GitHubResult<never> | null {
    const now = sim.time.now();
    if (!CREATING.test(method)) {
      return null;
    }
    created = created.filter((at) => at > now - 3_600_000);
    const inMinute = created.filter((at) => at > now - 60_000).length;
    const isOver = inMinute >= MAX_A_MINUTE || created.length >= MAX_AN_HOUR;
    if (isOver || (!sim.isQuiet() && chance.happens(sim.profile.fail / 4))) {
      sim.count('fault: github limit');
      const retryAt = now + RETRY_AFTER_MS;
      const message = 'You have exceeded a secondary rate limit';
      return { ok: false, problem: { kind: 'limited', status: 403, message, retryAt: new Date(retryAt) } };
    }
    created.push(now);
    return null;
  }

  return {
    isDown: () => !sim.isQuiet() && downUntil > sim.time.now(),
    calls: new Proxy(calls, {
      get: (target, key) => {
        const method = Reflect.get(target, key) as (...given: unknown[]) => Promise<unknown>;
        return async (...given: unknown[]) => {
          const refusal = limitOf(String(key));
          if (refusal !== null) {
            return refusal;
          }
          const answer = await method(...given);
          if (CHANGING.test(String(key))) {
            sim.trace.say(`GitHub did ${String(key)}: ${describe(given[1])}`);
          }
          onDone(String(key));
          return answer;
        };
      },
    }),
  };
}

/** The line of a comment that tells its state, or what else names a change. */
function describe(given: unknown): string {
  const { body = '', content = '', head = '', headSha = '', id, number } = given as Record<string, string | number>;
  const headline =
    String(body)
      .split('\n')
      .find((line) => line.startsWith('#')) ?? '';
  return [number, id, headline, content, head, String(headSha).slice(0, 8)].filter(Boolean).join(' ');
}
