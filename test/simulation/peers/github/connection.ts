import type { GitHub, GitHubProblem, GitHubResult, WritePriority } from '../../../../app/github/github.ts';
import { createFallBack } from '../../../../app/github/limits/fall-back.ts';
import { createLimits, type Limits } from '../../../../app/github/limits/limits.ts';
import { limited } from '../../../../app/github/limits/write-queue.ts';
import type { WriteLocks } from '../../../../app/task/ports/write-locks.ts';
import { createMemoryWriteLocks } from '../../../../app/store/memory/memory-write-locks.ts';
import type { Clock } from '../../../../app/task/clock.ts';
import { connect } from '../../engine/network.ts';
import type { Sim } from '../../engine/sim.ts';
import type { Owner } from '../../engine/virtual-time.ts';
import type { GitHubServer } from './github-server.ts';
import { INSTALLATION_ID } from './github-state.ts';

const WRITES = /^(?:create|update|add|minimize)/;
const RETRY_DELAYS_MS = [250, 1_000];

/**
 * A process's way to GitHub, as the real client goes it: the real limits before every request, safe reads tried again,
 * writes one after the other and sent once. Tokens, names and HTTP are not simulated.
 */
export function connectToGitHub(
  server: GitHubServer,
  owner: Owner,
  options: { sim: Sim; clock: Clock; turns: WriteLocks; limits?: ((limits: Limits) => Limits) | undefined },
): GitHub {
  const { sim } = options;
  const turns = createFallBack({ shared: options.turns, own: createMemoryWriteLocks(), onTrouble: () => undefined });
  const real = createLimits({
    installationId: INSTALLATION_ID,
    holder: owner.name,
    writeLocks: turns,
    clock: options.clock,
    sleep: (ms, signal) => nap(sim, ms, signal),
  });
  turns.watch((notice) => sim.time.at(sim.time.now() + 3, () => real.notice(notice), owner));
  const limits = options.limits?.(real) ?? real;
  const remote = connect(server.calls, owner, {
    sim,
    port: 'github',
    sentAtOnce: true,
    mostDelayMs: 8_000,
    isDown: server.isDown,
    refuse: (_call, why) => ({ ok: false, problem: unavailable(why) }),
  });

  const kernel = connect({ run: async () => undefined }, owner, { sim, port: 'kernel', refuse: () => undefined });
  let toldUntilMs = 0;

  async function send(method: string, given: unknown[], holds: () => boolean): Promise<GitHubResult<unknown>> {
    await kernel.run();
    const blockedUntil = await limits.fetchBlockedUntil();
    if (blockedUntil !== null) {
      return { ok: false, problem: limited(blockedUntil) };
    }
    if (!holds()) {
      return { ok: false, problem: limited(options.clock.now()) };
    }
    if (toldUntilMs > options.clock.now().getTime()) {
      sim.broke('limits', `${owner.name} calls ${method}, but GitHub told it to wait until ${iso(toldUntilMs)}`);
    }
    const call = Reflect.get(remote, method) as (...args: unknown[]) => Promise<GitHubResult<unknown>>;
    const answer = await call(...given);
    if (!answer.ok && answer.problem.kind === 'limited') {
      toldUntilMs = answer.problem.retryAt?.getTime() ?? 0;
    }
    await limits.observe({ quota: { remaining: null, resetAt: null }, problem: answer.ok ? null : answer.problem });
    return answer;
  }

  async function read(method: string, given: unknown[]): Promise<GitHubResult<unknown>> {
    let answer = await send(method, given, () => true);
    for (const delayMs of RETRY_DELAYS_MS) {
      if (answer.ok || answer.problem.kind !== 'unavailable') {
        return answer;
      }
      await sim.time.sleep(delayMs);
      answer = await send(method, given, () => true);
    }
    return answer;
  }

  /** Minting a token is one request; what is done with it is not GitHub's answer. */
  const withToken: GitHub['withRepositoryToken'] = async (repository, permissions, use) => {
    const run = async () => {
      const minted = await send('fetchRepository', [repository.id], () => true);
      return minted.ok ? { ok: true as const, value: await use('token-of-one-repository') } : minted;
    };
    return permissions === 'publish' ? limits.write('high', run) : run();
  };

  return new Proxy(remote, {
    get: (_remote, key) => {
      const method = String(key);
      if (method === 'withRepositoryToken') {
        return withToken;
      }
      if (WRITES.test(method)) {
        return (...given: unknown[]) => limits.write(priorityOf(given), (holds) => send(method, given, holds));
      }
      return (...given: unknown[]) => read(method, given);
    },
  });
}

function priorityOf(given: readonly unknown[]): WritePriority {
  const on = given[1] as { priority?: WritePriority } | undefined;
  return on?.priority ?? 'normal';
}

function unavailable(message: string): GitHubProblem {
  return { kind: 'unavailable', status: null, message, retryAt: null };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function nap(sim: Sim, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = sim.time.at(sim.time.now() + ms, resolve);
    signal.addEventListener('abort', () => {
      sim.time.cancel(timer);
      reject(new Error('aborted'));
    });
  });
}
