import { readFilters } from '../read-filters.ts';
import { listTreeFiles, type TreeFile } from '../read-tree-file.ts';
import { runGit } from '../run-git.ts';

/** A file of a commit whose content Git LFS stores. */
export interface LfsPointer {
  readonly path: string;
  /** SHA-256 of the content, which is its name in the store. */
  readonly oid: string;
  readonly size: number;
}

const LARGEST_POINTER = 1_024;
const BATCH = 5_000;

/** Lists the files of a commit that are pointers, and whose attributes say so. */
export async function listPointers(gitDir: string, sha: string): Promise<readonly LfsPointer[]> {
  const files = await listTreeFiles(gitDir, sha);
  const attributes = files.filter(({ path }) => /(?:^|\/)\.gitattributes$/.test(path));
  const small = files.filter(({ size }) => size > 0 && size <= LARGEST_POINTER);
  if (attributes.length === 0 || small.length === 0) {
    return [];
  }
  const filters = await readFilters(gitDir, {
    attributes: attributes.map((file) => `100644 ${file.sha}\t${file.path}\0`).join(''),
    paths: new Set(small.map(({ path }) => path)),
  });
  const candidates = small.filter(({ path }) => filters.get(path) === 'lfs');
  const pointers: LfsPointer[] = [];
  for (let at = 0; at < candidates.length; at += BATCH) {
    pointers.push(...(await readPointers(gitDir, candidates.slice(at, at + BATCH))));
  }
  return pointers;
}

async function readPointers(gitDir: string, files: readonly TreeFile[]): Promise<LfsPointer[]> {
  const input = files.map(({ sha }) => `${sha}\n`).join('');
  const read = await runGit({ gitDir, args: ['cat-file', '--batch'], input });
  if (!read.ok) {
    return [];
  }
  const pointers: LfsPointer[] = [];
  let at = 0;
  for (const { path } of files) {
    const lineEnd = read.stdout.indexOf(10, at);
    const size = Number(read.stdout.toString('latin1', at, lineEnd).split(' ')[2]);
    const pointer = parsePointer(read.stdout.toString('utf8', lineEnd + 1, lineEnd + 1 + size));
    at = lineEnd + 1 + size + 1;
    if (pointer !== null) {
      pointers.push({ path, ...pointer });
    }
  }
  return pointers;
}

/** Reads the pointer that stands in the place of a file. */
export function parsePointer(text: string): { oid: string; size: number } | null {
  if (!text.startsWith('version https://git-lfs.github.com/spec/v1\n')) {
    return null;
  }
  const oid = /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1];
  const size = /^size (\d{1,15})$/m.exec(text)?.[1];
  return oid === undefined || size === undefined ? null : { oid, size: Number(size) };
}
