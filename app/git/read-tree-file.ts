import { isSha } from './is-branch-name.ts';
import { runGit } from './run-git.ts';

export interface TreeFileRequest {
  readonly sha: string;
  readonly path: string;
  readonly maxBytes: number;
}

/** Reads one plain file of a commit as text; null when it is absent, not a file, too large or not UTF-8. */
export async function readTreeFile(gitDir: string, request: TreeFileRequest): Promise<string | null> {
  if (!isSha(request.sha) || request.path.startsWith('/') || request.path.includes('\0')) {
    return null;
  }
  const blob = await findBlob(gitDir, request);
  if (blob === null || blob.size > request.maxBytes) {
    return null;
  }
  const content = await runGit({ gitDir, args: ['cat-file', 'blob', blob.sha], maxOutputBytes: request.maxBytes + 1 });
  if (!content.ok) {
    return null;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content.stdout);
  } catch {
    return null;
  }
}

/** One plain file of a commit. */
export interface TreeFile {
  readonly kind: 'file';
  readonly path: string;
  readonly sha: string;
  readonly size: number;
}

const MAX_LISTING_BYTES = 64 * 1024 * 1024;

/** Lists the plain files of a commit. Names that are not UTF-8 are left out; too many files are listed as none. */
export async function listTreeFiles(gitDir: string, sha: string): Promise<readonly TreeFile[]> {
  if (!isSha(sha)) {
    return [];
  }
  const args = ['ls-tree', '-r', '-l', '-z', '--full-tree', sha];
  const listing = await runGit({ gitDir, args, maxOutputBytes: MAX_LISTING_BYTES });
  if (!listing.ok) {
    return [];
  }
  return parseListing(listing.stdout).filter((entry): entry is TreeFile => entry.kind === 'file');
}

/** A folder of a commit. */
export interface TreeFolder {
  readonly kind: 'folder';
  readonly path: string;
}

/** Lists what is directly in folders of a commit (`''` is the root); folders that do not exist add nothing. */
export async function listFolders(
  gitDir: string,
  at: { readonly sha: string; readonly folders: readonly string[] },
): Promise<readonly (TreeFile | TreeFolder)[]> {
  if (!isSha(at.sha)) {
    return [];
  }
  const below = at.folders.filter((folder) => folder !== '').map((folder) => `${folder}/`);
  const scopes = [...(at.folders.includes('') ? [[]] : []), ...(below.length === 0 ? [] : [below])];
  const listings = await Promise.all(
    scopes.map((scope) =>
      runGit({ gitDir, args: ['--literal-pathspecs', 'ls-tree', '-l', '-z', at.sha, '--', ...scope] }),
    ),
  );
  return listings.flatMap((listing) => (listing.ok ? parseListing(listing.stdout) : []));
}

async function findBlob(gitDir: string, { sha, path }: TreeFileRequest): Promise<TreeFile | null> {
  const listing = await runGit({ gitDir, args: ['--literal-pathspecs', 'ls-tree', '-l', '-z', sha, '--', path] });
  const files = listing.ok ? parseListing(listing.stdout) : [];
  return files.find((entry): entry is TreeFile => entry.kind === 'file' && entry.path === path) ?? null;
}

/** Plain files and folders of `git ls-tree -l -z`. Links, submodules and names that are not UTF-8 are left out. */
function parseListing(stdout: Buffer): (TreeFile | TreeFolder)[] {
  return stdout
    .toString('utf8')
    .split('\0')
    .flatMap((entry): (TreeFile | TreeFolder)[] => {
      const tab = entry.indexOf('\t');
      const [mode, , sha, size] = entry.slice(0, tab).split(/ +/);
      const path = entry.slice(tab + 1);
      if (sha === undefined || path.includes('\uFFFD')) {
        return [];
      }
      if (mode === '040000') {
        return [{ kind: 'folder', path }];
      }
      const isPlain = mode === '100644' || mode === '100755';
      return isPlain ? [{ kind: 'file', path, sha, size: Number(size) }] : [];
    });
}
