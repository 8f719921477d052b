import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PrepareJob } from '../../protocol/index.ts';
import { configureClients } from './configure-clients.ts';
import { forwardPackages } from './forward-packages.ts';
import { renameDistributions } from './gradle-distributions.ts';
import { pointFiles } from './point-files.ts';

export interface OpenPackages {
  /** For the commands that may fetch packages, and for no others. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the mirrors are: `<baseUrl>/<registry>/`. */
  readonly baseUrl: string;
  /** Files of the repository that name the mirrors for the time of set-up. */
  readonly changed: readonly string[];
  /** Closes the mirrors, and puts those files back. */
  readonly close: () => Promise<void>;
}

/** Opens the mirrors for a prepare session: a forwarder that adds the token, and package managers that know it. */
export async function openPackages(
  { door, packages }: Pick<PrepareJob, 'door'> & { readonly packages: NonNullable<PrepareJob['packages']> },
  { home, repository }: { readonly home: string; readonly repository: string },
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
  const pointed = await pointFiles(repository, { baseUrl: forwarder.url, registries: packages.registries });
  return {
    env,
    baseUrl: forwarder.url,
    changed: pointed.changed,
    close: async () => {
      await forwarder.close();
      await pointed.restore();
      await renameDistributions({
        home,
        files: pointed.changed
          .filter((file) => path.basename(file) === 'gradle-wrapper.properties')
          .map((file) => path.join(repository, file)),
        mirror: `${forwarder.url}/maven/+distributions/`,
      });
    },
  };
}
