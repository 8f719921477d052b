import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

const NAME = /^[\w.-]{8,300}$/;

/**
 * Who the orchestrator of a data directory is in leases and holds: a name of chance made at its first start and kept in
 * it. So a restarted process takes back what was its own at once, under another host name too, and two directories
 * never count as one. Throws a sentence when the file says something else.
 */
export async function ensureOwner(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'owner');
  await mkdir(dataDir, { recursive: true });
  const wanted = `${hostname().replace(/[^\w.-]/g, '')}-${randomBytes(8).toString('hex')}`;
  const draft = `${file}.${wanted}`;
  await writeFile(draft, `${wanted}\n`, { mode: 0o600 });
  try {
    // Whoever comes first decides, and nobody ever reads half a name.
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  } finally {
    await rm(draft, { force: true });
  }
  const name = (await readFile(file, 'utf8')).trim();
  if (!NAME.test(name)) {
    throw new Error(`${file} does not contain the name of this data directory. Remove it; Bosun then creates another.`);
  }
  return name;
}
