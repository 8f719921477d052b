import { mustGit } from '../../git/run-git.ts';
import { diffTrees, type TreeChange } from '../inspect/diff-trees.ts';
import { readObjects } from '../inspect/read-objects.ts';

/** A commit that passed the gate, with all that is needed to make it again elsewhere. */
export interface ApprovedCommit {
  readonly sha: string;
  readonly tree: string;
  readonly parent: string;
  readonly parentTree: string;
  readonly message: string;
}

/** More than the gate lets pass in any case. */
const MAX_CHANGES = 5_000;
const MAX_CONTENT_BYTES = 64 * 1024 * 1024;

/** The commits from the base to the approved one, the oldest first. */
export async function readApproved(
  gitDir: string,
  range: { baseSha: string; headSha: string },
): Promise<readonly ApprovedCommit[]> {
  const format = '--format=%H%x00%T%x00%P%x00%B%x01';
  const text = await mustGit({
    gitDir,
    args: ['log', '--reverse', '--topo-order', format, range.headSha, `^${range.baseSha}`],
  });
  let parentTree = (await mustGit({ gitDir, args: ['rev-parse', '--verify', `${range.baseSha}^{tree}`] })).trim();
  let parent = range.baseSha;
  const commits: ApprovedCommit[] = [];
  for (const record of text.split('\u0001').slice(0, -1)) {
    const [sha = '', tree = '', parents = '', message = ''] = record.replace(/^\n/, '').split('\0');
    if (parents !== parent) {
      throw new Error(`commit ${sha} has the parents ${parents}, expected ${parent}`);
    }
    commits.push({ sha, tree, parent, parentTree, message: `${message.trimEnd()}\n` });
    parent = sha;
    parentTree = tree;
  }
  if (parent !== range.headSha || commits.length === 0) {
    throw new Error(`the commits up to ${range.headSha} do not start at ${range.baseSha}`);
  }
  return commits;
}

/** What a commit changes, and the contents of the files in it by hash. */
export async function readChanges(
  gitDir: string,
  { parentTree, tree }: ApprovedCommit,
): Promise<{ changes: readonly TreeChange[]; contents: ReadonlyMap<string, Buffer> }> {
  const diff = await diffTrees(gitDir, { pairs: [[parentTree, tree]], maxChanges: MAX_CHANGES });
  const [changes = []] = diff.changes;
  if (diff.isCut || changes.some(({ isUtf8 }) => !isUtf8)) {
    throw new Error('the gate let pass a change that is too large or has names that are not UTF-8');
  }
  const shas = changes.filter(({ mode, status }) => status !== 'D' && mode !== '160000').map(({ sha }) => sha);
  return { changes, contents: await readObjects(gitDir, { shas, maxBytes: MAX_CONTENT_BYTES }) };
}
