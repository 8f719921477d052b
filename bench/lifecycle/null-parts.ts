import type { Compute, SessionFacts, SessionRef } from '../../app/compute/compute.ts';
import { createEnvironmentDirectories } from '../../app/compute/environments/environment-directory.ts';
import { createProcessEnvironments } from '../../app/compute/environments/process-environments.ts';
import type { Hydrator } from '../../app/hydration/hydrate.ts';
import type { AttemptGit } from '../../app/orchestrator/context.ts';
import type { Publisher } from '../../app/publish/publish.ts';
import type { Stores } from '../../app/store/stores.ts';

const BASE = '1'.repeat(40);
const HEAD = '2'.repeat(40);
const EXITED: SessionFacts = { kind: 'exited', exitCode: 0, signal: null, outOfMemory: false, outputTail: '' };

const USAGE = { inputTokens: 1, outputTokens: 1, cacheWriteTokens: 0, cacheReadTokens: 0 };

/** A worker that makes one model request and has finished, written to the database as the door would write it. */
export function createNullCompute(attempts: Stores['attempts']): Compute {
  const endings = new Map<string, Promise<SessionFacts>>();
  async function work({ taskId, epoch }: SessionRef): Promise<SessionFacts> {
    const requestId = `${taskId}/${epoch}`;
    const at = { taskId, epoch, now: new Date() };
    await attempts.draw({ ...at, requestId, model: 'claude-sonnet-5', upperNano: 1_000, keepNano: 0 });
    await attempts.settle({ requestId, costNano: 500, usage: USAGE, now: new Date() });
    await attempts.finish({ ...at, result: { ending: 'done', summary: '', questions: [], turns: 1 } });
    return EXITED;
  }
  const nameOf = ({ taskId, epoch }: SessionRef): string => `${taskId}/${epoch}`;
  return {
    name: 'process',
    traits: { survivesRestart: false, toolsFrom: 'host' },
    start: async ({ session }) => {
      endings.set(nameOf(session), work(session));
      return { started: true };
    },
    probe: async (session) => (endings.has(nameOf(session)) ? { kind: 'running' } : { kind: 'unknown' }),
    ended: (session) => endings.get(nameOf(session)) ?? Promise.resolve({ kind: 'unknown' }),
    stop: async () => EXITED,
    clean: async (session) => void endings.delete(nameOf(session)),
    list: async () => [],
    environments: createProcessEnvironments({
      directory: '/nonexistent',
      directories: createEnvironmentDirectories('/nonexistent'),
    }),
  };
}

export const nullHydrator: Hydrator = {
  hydrate: async (_task, { earlier }) => ({
    kind: 'ready',
    hydrated: {
      baseBranch: 'main',
      baseSha: BASE,
      earlier,
      submodules: [],
      usesLfs: false,
      missing: [],
      environment: { setup: null, verify: null, checks: [], inputs: [], checkoutBytes: 0 },
      prompt: { system: '', user: '' },
      outsiders: [],
      read: {
        sources: [],
        tokenEstimate: 0,
        truncated: false,
        dropped: 0,
        leftOut: { notWriter: 0, later: 0, edited: 0, bot: 0 },
        cut: 0,
        hidden: 0,
        drawings: 0,
        unread: [],
        newerText: false,
        resumed: false,
        textSha256: '0'.repeat(64),
      },
    },
  }),
};

export const nullGit: AttemptGit = {
  prepare: async () => undefined,
  pin: async () => undefined,
  tip: async () => null,
  remove: async () => undefined,
};

/** Says that the branch and its pull request are at GitHub; what a real one writes to the database stands in its bench. */
export const nullPublisher: Publisher = {
  publish: async () => ({ kind: 'done', facts: { kind: 'pushed', headSha: HEAD, commits: 1, filesChanged: 1 } }),
  keep: async () => null,
  inspect: async () => null,
  findCandidate: async () => null,
  settleBranch: async ({ branch }) => ({ kind: 'settled', branch, publication: null, note: null, earlier: 'usable' }),
  findPublished: async () => ({ kind: 'found', published: { pull: null, spentNano: null } }),
  fetchFacts: async () => ({
    kind: 'facts',
    facts: { branchSha: HEAD, pull: { number: 1, url: 'https://example.com/1', draft: true, state: 'open' } },
  }),
};
