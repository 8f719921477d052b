import { isSha } from '../is-branch-name.ts';
import { runGit } from '../run-git.ts';

/** A submodule of a commit. */
export interface ListedSubmodule {
  readonly path: string;
  /** The commit of the submodule. */
  readonly sha: string;
  /** As `.gitmodules` has it; null when it does not name the path. */
  readonly address: string | null;
}

const MAX_LISTING_BYTES = 64 * 1024 * 1024;
const MAX_MODULES_BYTES = 1024 * 1024;

/** Lists the submodules of a commit. Git itself reads `.gitmodules`, without files that it includes. */
export async function listSubmodules(gitDir: string, sha: string): Promise<readonly ListedSubmodule[]> {
  if (!isSha(sha)) {
    return [];
  }
  const args = ['ls-tree', '-r', '-z', '--full-tree', sha];
  const listing = await runGit({ gitDir, args, maxOutputBytes: MAX_LISTING_BYTES });
  const links = listing.ok ? parseLinks(listing.stdout) : [];
  if (links.length === 0) {
    return [];
  }
  const addresses = await readAddresses(gitDir, sha);
  return links.map((link) => ({ ...link, address: addresses.get(link.path) ?? null }));
}

function parseLinks(stdout: Buffer): { path: string; sha: string }[] {
  return stdout
    .toString('utf8')
    .split('\0')
    .flatMap((entry) => {
      const match = /^160000 commit ([0-9a-f]{40,64})\t(.+)$/s.exec(entry);
      return match === null ? [] : [{ sha: match[1] ?? '', path: match[2] ?? '' }];
    });
}

/** Address by path. A file that git cannot read names none. */
async function readAddresses(gitDir: string, sha: string): Promise<ReadonlyMap<string, string>> {
  const args = ['config', '--no-includes', `--blob=${sha}:.gitmodules`, '--null', '--list'];
  const read = await runGit({ gitDir, args, maxOutputBytes: MAX_MODULES_BYTES });
  const modules = new Map<string, { path?: string; url?: string }>();
  for (const entry of read.ok ? read.stdout.toString('utf8').split('\0') : []) {
    const match = /^submodule\.(.+)\.(path|url)\n(.*)$/s.exec(entry);
    if (match !== null) {
      const [, name = '', key = '', value = ''] = match;
      modules.set(name, { ...modules.get(name), [key]: value });
    }
  }
  const named = [...modules.values()].filter((module) => module.path !== undefined && module.url !== undefined);
  return new Map(named.map(({ path, url }) => [(path ?? '').replace(/\/+$/, ''), url ?? '']));
}
