import { createHash } from 'node:crypto';
import { readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';

const DISTRIBUTIONS = 'https://services.gradle.org/distributions/';

/**
 * The Gradle wrapper keeps a distribution in a directory named after the hash of its address, which was that of the mirror
 * while set-up ran. Renames these directories, so that the wrapper finds them by the address in the repository.
 */
export async function renameDistributions(place: {
  readonly home: string;
  /** `gradle-wrapper.properties` files, as they are in the repository again. */
  readonly files: readonly string[];
  /** Where the distributions were while set-up ran. */
  readonly mirror: string;
}): Promise<void> {
  const root = path.join(place.home, '.gradle', 'wrapper', 'dists');
  const names = await readdir(root).catch(() => []);
  for (const file of place.files) {
    const address = readAddress(await readFile(file, 'utf8'));
    if (address?.startsWith(DISTRIBUTIONS) !== true) {
      continue;
    }
    const mirrored = place.mirror + address.slice(DISTRIBUTIONS.length);
    for (const name of names) {
      const [from, to] = [mirrored, address].map((url) => path.join(root, name, hashOf(url)));
      await rename(from as string, to as string).catch(ignoreAbsent);
    }
  }
}

function readAddress(properties: string): string | null {
  return /^distributionUrl\s*=\s*(\S+)\s*$/m.exec(properties)?.[1]?.replaceAll('\\', '') ?? null;
}

/** As the wrapper computes it: the MD5 of the address, as a number written with 36 digits. */
function hashOf(url: string): string {
  return BigInt(`0x${createHash('md5').update(url).digest('hex')}`).toString(36);
}

/** Another version of Gradle, or one that was there already. */
function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(error.code ?? '')) {
    throw error;
  }
}
