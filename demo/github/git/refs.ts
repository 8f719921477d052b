import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tryGit } from './run-git.ts';

/*
 * Refs are read from their files, as every request asks for them and a process costs more than the answer:
 * https://git-scm.com/docs/gitrepository-layout. No repository here has reftables or symbolic refs below `refs/`.
 */

const OBJECT_ID = /^[0-9a-f]{40}$/;

/** The commit a ref or any other revision names; undefined when there is none. */
export async function resolveRef(dir: string, revision: string): Promise<string | undefined> {
  if (revision.startsWith('refs/heads/')) {
    return (await readLooseRef(dir, revision)) ?? (await readPackedRefs(dir)).get(revision);
  }
  const result = await tryGit(dir, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]);
  return result.code === 0 ? result.stdout.toString('utf8').trim() : undefined;
}

/** All refs with what they point at, in the order of their names. */
export async function listRefs(dir: string): Promise<Map<string, string>> {
  const refs = await readPackedRefs(dir);
  const entries = await readdir(join(dir, 'refs'), { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((found) => found.isFile() && !found.name.endsWith('.lock'))) {
    const ref = join(entry.parentPath, entry.name).slice(dir.length + 1);
    const id = await readLooseRef(dir, ref);
    if (id !== undefined) {
      refs.set(ref, id);
    }
  }
  return new Map([...refs].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

async function readLooseRef(dir: string, ref: string): Promise<string | undefined> {
  const text = await readUnlessMissing(join(dir, ref));
  return text !== undefined && OBJECT_ID.test(text.trim()) ? text.trim() : undefined;
}

async function readPackedRefs(dir: string): Promise<Map<string, string>> {
  const text = (await readUnlessMissing(join(dir, 'packed-refs'))) ?? '';
  const lines = text.split('\n').filter((line) => OBJECT_ID.test(line.slice(0, 40)));
  return new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]));
}

/** Undefined also where a folder of refs has the name, or a file is in the way of one. */
async function readUnlessMissing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return undefined;
    }
    throw error;
  }
}
