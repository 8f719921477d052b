import { shaOf } from '../engine/chance.ts';

/** A commit as far as publishing looks: what it stands on and which paths it changed. */
export interface SimCommit {
  readonly sha: string;
  readonly parent: string | null;
  readonly tree: string;
  /** Paths whose content differs from the parent's. */
  readonly paths: readonly string[];
  readonly subject: string;
}

/** Every commit there is, wherever it lies. */
export interface Commits {
  /** The same facts make the same commit. */
  make(facts: { parent: string | null; paths: readonly string[]; subject: string; by: string }): SimCommit;
  /** A commit of ours with the content of another. */
  rebuild(facts: { parent: string; tree: string; message: string; at: Date }): SimCommit;
  find(sha: string): SimCommit | null;
  /** From behind `base` to `tip`, oldest first; null when the base is not below the tip. */
  line(base: string, tip: string): SimCommit[] | null;
}

export function createCommits(): Commits {
  const known = new Map<string, SimCommit>();
  const pathsOfTree = new Map<string, readonly string[]>();

  function keep(commit: SimCommit): SimCommit {
    known.set(commit.sha, commit);
    return commit;
  }

  return {
    make({ parent, paths, subject, by }) {
      const below = parent === null ? '' : (known.get(parent)?.tree ?? '');
      const tree = shaOf(`tree ${below} ${paths.join(' ')} ${by}`);
      pathsOfTree.set(tree, paths);
      return keep({ sha: shaOf(`commit ${parent} ${tree} ${subject} ${by}`), parent, tree, paths, subject });
    },
    rebuild({ parent, tree, message, at }) {
      const sha = shaOf(`commit ${parent} ${tree} ${message} ${at.toISOString()}`);
      return keep({ sha, parent, tree, paths: pathsOfTree.get(tree) ?? [], subject: message.split('\n')[0] ?? '' });
    },
    find: (sha) => known.get(sha) ?? null,
    line(base, tip) {
      const line: SimCommit[] = [];
      for (let sha: string | null = tip; sha !== base;) {
        const commit: SimCommit | undefined = sha === null ? undefined : known.get(sha);
        if (commit === undefined) {
          return null;
        }
        line.unshift(commit);
        sha = commit.parent;
      }
      return line;
    },
  };
}
