import { createAdmission } from '../../app/admission/create-admission.ts';
import type { AdmissionOptions } from '../../app/admission/context.ts';
import type { Cause, Incoming } from '../../app/admission/incoming.ts';
import { parseRepoConfig } from '../../app/config/repo-config.ts';
import { parseServerConfig } from '../../app/config/server-config.ts';
import type { GitHubResult, PullFacts, ThreadFacts } from '../../app/github/github.ts';
import { createMemoryStores, type MemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { Task } from '../../app/task/task.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import { claimer, fenceOf } from '../contract/stores/store-harness.ts';

export const MAINTAINER = { id: 7, login: 'maintainer', isBot: false };
const START = new Date('2026-11-21T10:00:00Z');

export interface AdmissionWorld {
  readonly stores: MemoryStores;
  /** Whatever GitHub answers about an issue or pull request by its number; open when nothing is set. */
  readonly threads: Map<number, 'open' | 'closed'>;
  /** The state of pull requests by number; open when nothing is set. */
  readonly pulls: Map<number, PullFacts['state']>;
  /** Something happens on issue 3; resolves with the note of its routing. Each takes a second. */
  happens(cause: Cause, incoming?: Partial<Incoming>): Promise<string>;
  comment(body: string, incoming?: Partial<Incoming>): Promise<string>;
  /** Every reply so far, oldest first. */
  replies(): string[];
  task(): Promise<Task>;
  /** Claims the waiting task; it is in HYDRATING. */
  claim(): Promise<Task>;
  now(): Date;
  /** Changes `.github/bosun.yml` on the default branch. */
  changeFile(text: string): void;
}

/** Admission on stores in memory, with one repository in which the maintainer may write and nobody else. */
export function openAdmission(file = ''): AdmissionWorld {
  const stores = createMemoryStores();
  const threads = new Map<number, 'open' | 'closed'>();
  const pulls = new Map<number, PullFacts['state']>();
  let seconds = 0;
  let made = 0;
  const now = (): Date => new Date(START.getTime() + seconds * 1_000);
  let parsed = parseRepoConfig(file);
  const server = parseServerConfig({});
  if (!server.ok) {
    throw new Error('the defaults are no settings');
  }
  const github = {
    fetchRole: async (_repository: unknown, user: { id: number }) => ({
      ok: true,
      value: user.id === MAINTAINER.id ? 'write' : 'none',
    }),
    fetchThread: async (_repository: unknown, number: number): Promise<GitHubResult<Partial<ThreadFacts>>> => ({
      ok: true,
      value: { number, state: threads.get(number) ?? 'open' },
    }),
    fetchPull: async (_repository: unknown, number: number): Promise<GitHubResult<Partial<PullFacts>>> => ({
      ok: true,
      value: { number, state: pulls.get(number) ?? 'open' },
    }),
  } as unknown as ReturnType<AdmissionOptions['github']>;
  const admission = createAdmission({
    stores,
    github: () => github,
    repoFiles: { read: async () => ({ ...parsed, isMissing: file === '' }), findMisplaced: async () => null },
    server: server.config,
    clock: { now },
    newId: () => `01TASK${String((made += 1)).padStart(20, '0')}`,
    log: createLogger({ level: 'silent', redact: (text) => text }),
  });

  async function task(): Promise<Task> {
    const found = await stores.tasks.findLatest(1, 3);
    if (found === null) {
      throw new Error('no task was queued');
    }
    return found;
  }

  const world: AdmissionWorld = {
    stores,
    threads,
    pulls,
    now,
    task,
    changeFile(text) {
      parsed = parseRepoConfig(text);
    },
    happens(cause, incoming = {}) {
      seconds += 1;
      return admission.handle(
        {
          installationId: 1,
          repository: {
            id: 1,
            owner: 'acme',
            name: 'engine',
            defaultBranch: 'main',
            archived: false,
            url: 'https://github.test/acme/engine',
          },
          thread: {
            number: 3,
            kind: 'issue',
            title: 'It rounds wrongly',
            body: 'See the tests.',
            author: MAINTAINER,
            open: true,
            locked: false,
          },
          sender: MAINTAINER,
          at: now(),
          ...incoming,
          cause,
        },
        `delivery-${seconds}`,
      );
    },
    comment(body, incoming = {}) {
      const commentId = seconds + 100;
      return world.happens(
        { kind: 'comment', commentId, url: `https://github.test/acme/engine/issues/3#issuecomment-${commentId}`, body },
        incoming,
      );
    },
    replies: () =>
      [...stores.state.outbox.values()].flatMap(({ item }) =>
        item.message.kind === 'reply' ? [item.message.body] : [],
      ),
    async claim() {
      const claimed = await stores.tasks.claim(claimer({ now: now() }));
      if (claimed === null) {
        throw new Error('nothing could be claimed');
      }
      return claimed.task;
    },
  };
  return world;
}

/** The task fails in its first step, with what `patch` says it had done. */
export async function fail(world: AdmissionWorld, patch: Partial<Task['publication']> = {}): Promise<Task> {
  const task = await world.claim();
  await world.stores.tasks.move({
    fence: fenceOf(task),
    to: 'FAILED',
    now: world.now(),
    patch: { publication: patch },
    event: { kind: 'task.ended', data: { outcome: 'failed' } },
  });
  return world.task();
}
