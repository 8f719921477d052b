import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Job } from '../../protocol/index.ts';
import { configureClients } from './configure-clients.ts';
import { forwardPackages } from './forward-packages.ts';

export interface OpenPackages {
  /** For the commands that may fetch packages, and for no others. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the mirrors are: `<baseUrl>/<registry>/`. */
  readonly baseUrl: string;
  readonly close: () => Promise<void>;
}

/** Opens the mirrors for a prepare session: a forwarder that adds the token, and package managers that know it. */
export async function openPackages(
  { door, packages }: Pick<Job, 'door'> & { readonly packages: NonNullable<Job['packages']> },
  { home }: { readonly home: string },
): Promise<OpenPackages> {
  const debian = packages.registries.find(({ type }) => type === 'debian');
  const forwarder = await forwardPackages(
    door,
    debian === undefined ? {} : { 'http://deb.debian.org': debian.name, 'http://security.debian.org': debian.name },
  );
  const { env, files } = configureClients({ baseUrl: forwarder.url, home, registries: packages.registries });
  for (const file of files) {
    await mkdir(path.dirname(file.path), { recursive: true });
    await writeFile(file.path, file.content, { mode: 0o600 });
  }
  return { env, baseUrl: forwarder.url, close: forwarder.close };
}
