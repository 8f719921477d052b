import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Owner } from './launch.ts';

const TEXTS = {
  passwd: ({ uid, gid, home }) => `worker:x:${uid}:${gid}:worker:${home}:/bin/sh\n`,
  group: ({ gid }) => `worker:x:${gid}:\n`,
  hosts: () => '127.0.0.1 localhost worker\n::1 localhost\n',
  'nsswitch.conf': () => 'passwd: files\ngroup: files\nhosts: files\n',
} as const satisfies Record<string, (given: Owner & { home: string }) => string>;

/** Files of `/etc` that say who and where one is, with nothing of this machine in them; each with its path inside. */
export async function writeSystemFiles(
  names: readonly (keyof typeof TEXTS)[],
  given: { below: string; owner: Owner; home: string },
): Promise<{ from: string; to: string }[]> {
  const etc = path.join(given.below, 'etc');
  await mkdir(etc, { mode: 0o755 });
  return Promise.all(
    names.map(async (name) => {
      const from = path.join(etc, name);
      await writeFile(from, TEXTS[name]({ ...given.owner, home: given.home }), { mode: 0o644 });
      return { from, to: `/etc/${name}` };
    }),
  );
}
