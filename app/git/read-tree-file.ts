import { isSha } from './is-branch-name.ts';
import { runGit } from './run-git.ts';

export interface TreeFileRequest {
  readonly sha: string;
  readonly path: string;
  readonly maxBytes: number;
  /** Upper and lower case in the path are the same; the first match in tree order wins. */
  readonly ignoreCase?: boolean;
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
  return listing.stdout
    .toString('utf8')
    .split('\0')
    .flatMap((entry) => {
      const tab = entry.indexOf('\t');
      const [mode, , blob, size] = entry.slice(0, tab).split(/ +/);
      const path = entry.slice(tab + 1);
      const isPlain = mode === '100644' || mode === '100755';
      return blob !== undefined && isPlain && !path.includes('\uFFFD') ? [{ path, sha: blob, size: Number(size) }] : [];
    });
}

async function findBlob(gitDir: string, request: TreeFileRequest): Promise<{ sha: string; size: number } | null> {
  const folder = request.path.slice(0, request.path.lastIndexOf('/') + 1);
  const scope = request.ignoreCase === true ? folder : request.path;
  const args = ['--literal-pathspecs', 'ls-tree', '-l', '-z', request.sha, '--', ...(scope === '' ? [] : [scope])];
  const listing = await runGit({ gitDir, args });
  if (!listing.ok) {
    return null;
  }
  for (const entry of listing.stdout.toString('utf8').split('\0')) {
    const tab = entry.indexOf('\t');
    const [mode, , sha, size] = entry.slice(0, tab).split(/ +/);
    if (sha !== undefined && (mode === '100644' || mode === '100755') && isSame(entry.slice(tab + 1), request)) {
      return { sha, size: Number(size) };
    }
  }
  return null;
}

function isSame(path: string, request: TreeFileRequest): boolean {
  return request.ignoreCase === true ? path.toLowerCase() === request.path.toLowerCase() : path === request.path;
}
