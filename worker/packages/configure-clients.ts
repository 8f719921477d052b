import path from 'node:path';
import type { PackageRegistry, PackageType } from '../../protocol/index.ts';
import type { ClientRegistry } from './clients/client.ts';
import { CLIENTS } from './clients/clients.ts';

/** What package managers need to find the mirrors. */
export interface ClientConfiguration {
  readonly env: Readonly<Record<string, string>>;
  /** Absolute paths below the home directory. */
  readonly files: readonly { readonly path: string; readonly content: string }[];
}

/**
 * Points the package managers of a prepare session at the mirrors: environment variables, because they come before a
 * repository's own files, and files where a client reads nothing else. `baseUrl` is that of the forwarder.
 */
export function configureClients(place: {
  readonly baseUrl: string;
  readonly home: string;
  readonly registries: readonly PackageRegistry[];
}): ClientConfiguration {
  const { baseUrl, home, registries } = place;
  const mirrors = registries.map(({ name, type, names, url }) => ({
    name,
    type,
    names,
    url: `${baseUrl}/${name}`,
    itsUrl: url,
  }));
  const types = [...new Set(mirrors.map(({ type }) => type))];
  const parts = types.map((type) => {
    const ofType = mirrors.filter((mirror) => mirror.type === type);
    const main = ofType.find(({ name }) => name === type) ?? ofType[0];
    return main === undefined
      ? { env: {}, files: [] }
      : configure(type, {
          name: main.name,
          url: main.url,
          origin: new URL(baseUrl).origin,
          home,
          privates: ofType.filter((mirror) => mirror !== main),
        });
  });
  return {
    env: Object.assign({}, ...parts.map(({ env }) => env)) as Record<string, string>,
    files: parts.flatMap(({ files }) => files),
  };
}

function configure(type: PackageType, registry: ClientRegistry): ClientConfiguration {
  const { env, files } = CLIENTS[type](registry);
  return {
    env,
    files: Object.entries(files ?? {}).map(([name, content]) => ({ path: path.join(registry.home, name), content })),
  };
}
