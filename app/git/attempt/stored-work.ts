import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isBranchName, isSha } from '../is-branch-name.ts';
import { WorkLost, type AttemptRef } from './attempt.ts';

/** Where bytes outlive this machine. A put replaces, durably and whole, before it resolves. */
export interface WorkStore {
  put(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | null>;
  remove(prefix: string): Promise<void>;
}

const Sha = z.string().refine(isSha);
const Branch = z.string().refine(isBranchName);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What any machine needs to make the repository of an attempt again, except for the base, which GitHub has. */
export const KeptFacts = z.object({
  version: z.literal(1),
  repositoryId: z.int(),
  baseBranch: Branch,
  baseSha: Sha,
  workBranch: Branch,
  startSha: Sha,
  submodules: z
    .array(
      z.object({
        path: z.string(),
        sha: Sha,
        repositoryId: z.int(),
        owner: z.string(),
        name: z.string(),
        branch: z.string(),
        isPrivate: z.boolean(),
      }),
    )
    .readonly()
    .optional(),
  /** Commit of the work branch; null while there is none. */
  headSha: Sha.nullable(),
  /** The commit that is checked; absent until there is one. */
  checkSha: Sha.nullable().optional(),
  /** Everything between the base and the head; null when the base has it all. */
  bundle: Sha256.nullable(),
  /** The bundle before this one, which the next push removes. */
  former: Sha256.nullable(),
});
export type KeptFacts = z.infer<typeof KeptFacts>;

/** `<task id>/<epoch>/quarantine/…`: goes with the other artifacts of the task, and alone. */
function keyOf(at: AttemptRef, name: string): string {
  return `${at.taskId}/${at.epoch}/quarantine/${name}`;
}

/** What is stored of an attempt; null when nothing is. Throws `WorkLost` when it cannot be understood. */
export async function readStoredWork(store: WorkStore, at: AttemptRef): Promise<KeptFacts | null> {
  const key = keyOf(at, 'facts.json');
  const bytes = await store.get(key);
  if (bytes === null) {
    return null;
  }
  try {
    return KeptFacts.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw new WorkLost(`The artifact ${key} is damaged: it does not name the commit that the worker pushed.`, {
      cause: error,
    });
  }
}

/** The bundle that facts name, whole. Throws `WorkLost` when it is not there or not what it was. */
export async function readBundle(store: WorkStore, at: AttemptRef & { bundle: string }): Promise<Uint8Array> {
  const key = keyOf(at, `${at.bundle}.bundle`);
  const bytes = await store.get(key);
  if (bytes === null) {
    throw new WorkLost(`The artifact ${key} with what the worker pushed is missing.`);
  }
  if (hash(bytes) !== at.bundle) {
    throw new WorkLost(
      `The artifact ${key} with what the worker pushed is damaged: its content does not match its name.`,
    );
  }
  return bytes;
}

/**
 * Keeps facts and bundle. The bundle goes first, under the hash of its content, and the facts then point to it: whoever
 * reads meanwhile, or writes at the same time from another machine, sees one push or the other, whole. A bundle is
 * removed one push after it was replaced, beside the upload of the next, so that it costs nobody time.
 */
export async function writeStoredWork(
  store: WorkStore,
  at: AttemptRef,
  work: {
    facts: Omit<KeptFacts, 'version' | 'bundle' | 'former'>;
    bundle: Uint8Array | null;
    before: KeptFacts | null;
  },
): Promise<KeptFacts> {
  const bundle = work.bundle === null ? null : hash(work.bundle);
  const { before } = work;
  const former = before?.bundle === bundle ? (before?.former ?? null) : (before?.bundle ?? null);
  const facts: KeptFacts = { version: 1, ...work.facts, bundle, former };
  const stale = before?.former ?? null;
  await Promise.all([
    work.bundle === null ? null : store.put(keyOf(at, `${bundle}.bundle`), work.bundle),
    stale === null || stale === bundle || stale === former
      ? null
      : store.remove(keyOf(at, `${stale}.bundle`)).catch(() => {
          // It goes with the attempt.
        }),
  ]);
  await store.put(keyOf(at, 'facts.json'), Buffer.from(JSON.stringify(facts)));
  return facts;
}

export async function removeStoredWork(store: WorkStore, at: AttemptRef): Promise<void> {
  await store.remove(keyOf(at, '').slice(0, -1));
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
