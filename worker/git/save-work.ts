import type { Job } from '../../protocol/index.ts';
import type { Checkout } from './checkout.ts';
import { git, runGit } from './run-git.ts';

export type Saved =
  | { readonly ok: true; readonly changed: boolean; readonly pushed: boolean; readonly leftOut: readonly string[] }
  | { readonly ok: false; readonly reason: string };

export interface WorkKeeper {
  /** Commits what is in the working copy and pushes it to the door. One at a time; a failed push is made up for next time. */
  readonly save: (message: string) => Promise<Saved>;
  /** Whether anything differs from where the attempt began, as far as it was saved. */
  readonly hasChanges: () => boolean;
}

const MAX_FILE_BYTES = 50 * 1024 * 1024;
const GITLINK = '160000';

/**
 * Keeps the agent's work. It reads the working copy alone: not the agent's index, commits, branches or configuration, so
 * none of them can be broken or made to run a program here.
 */
export function createWorkKeeper(job: Job, checkout: Checkout): WorkKeeper {
  const { repository, keep, remote, localEnv, doorEnv } = checkout;
  const env = { ...localEnv, GIT_DIR: keep, GIT_WORK_TREE: repository };
  let tip = job.git.startSha;
  let pushedTip = job.git.startSha;
  let turn: Promise<unknown> = Promise.resolve();

  async function saveNow(message: string): Promise<Saved> {
    const leftOut = await stage();
    const tree = (await git({ args: ['write-tree'], cwd: repository, env })).trim();
    const before = (await git({ args: ['rev-parse', `${tip}^{tree}`], cwd: repository, env })).trim();
    if (tree !== before) {
      const args = ['commit-tree', tree, '-p', tip, '-F', '-'];
      tip = (await git({ args, cwd: repository, env, input: message })).trim();
    }
    const changed = tip !== job.git.startSha;
    if (tip === pushedTip) {
      return { ok: true, changed, pushed: false, leftOut };
    }
    const pushed = await push(tip);
    return pushed.ok ? { ok: true, changed, pushed: true, leftOut } : { ok: false, reason: pushed.reason };
  }

  async function push(commit: string): Promise<{ ok: true } | { ok: false; reason: string }> {
    // What the agent may have pushed by hand gives way: the working copy is what counts, and the branch is this worker's.
    const ref = `+${commit}:refs/heads/${job.git.workBranch}`;
    const result = await runGit({ args: ['push', '--quiet', '--no-verify', remote, ref], cwd: keep, env: doorEnv });
    if (result.ok) {
      pushedTip = commit;
      return { ok: true };
    }
    return { ok: false, reason: `the push to the door failed: ${result.reason}` };
  }

  /** Puts everything that is not ignored into the index, and takes out again what must not be committed. */
  async function stage(): Promise<string[]> {
    const added = await runGit({ args: ['add', '--all', '--ignore-errors', '--', '.'], cwd: repository, env });
    const unreadable = added.ok ? [] : [`files git could not read: ${added.reason}`];
    const unwanted = await findUnwanted();
    if (unwanted.length > 0) {
      const input = unwanted.map((file) => `${file}\0`).join('');
      const args = ['--literal-pathspecs', 'reset', '--quiet', tip, '--pathspec-from-file=-', '--pathspec-file-nul'];
      await git({ args, cwd: repository, env, input });
    }
    return [...unreadable, ...unwanted];
  }

  /** Files too large for a pull request, and repositories put inside the repository. */
  async function findUnwanted(): Promise<string[]> {
    const raw = await git({
      args: ['diff', '--cached', '--raw', '-z', '--no-renames', '--no-abbrev', tip],
      cwd: repository,
      env,
    });
    const fields = raw.split('\0');
    const entries: { file: string; oid: string; mode: string; oldMode: string }[] = [];
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [oldMode = '', mode = '', , oid = ''] = (fields[at] ?? '').replace(/^:/, '').split(' ');
      entries.push({ file: fields[at + 1] ?? '', oid, mode, oldMode });
    }
    const links = entries.filter(({ mode, oldMode }) => mode === GITLINK && oldMode !== GITLINK);
    const blobs = entries.filter(({ mode, oid }) => mode !== GITLINK && !/^0+$/.test(oid));
    const sizes = await git({
      args: ['cat-file', '--batch-check=%(objectsize)'],
      cwd: repository,
      env,
      input: blobs.map(({ oid }) => `${oid}\n`).join(''),
    });
    const lines = sizes.split('\n');
    const large = blobs.filter((_, index) => Number(lines[index]) > MAX_FILE_BYTES);
    return [...links, ...large].map(({ file }) => file);
  }

  return {
    save: (message) => {
      const saved = turn.then(() =>
        saveNow(message).catch((error: unknown): Saved => ({ ok: false, reason: (error as Error).message })),
      );
      turn = saved;
      return saved;
    },
    hasChanges: () => tip !== job.git.startSha,
  };
}
