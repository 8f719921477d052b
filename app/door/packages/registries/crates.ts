import { archive, metadata } from '../registry.ts';
import type { PackagePath, RegistryProtocol, Resource } from '../registry.ts';

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const VERSION = /^\d[A-Za-z0-9.+-]{0,100}$/;

/** Cargo's sparse index, and the crates at the host its `config.json` names. */
export const crates: RegistryProtocol = {
  type: 'crates',
  url: 'https://index.crates.io',
  hosts: { dl: 'https://static.crates.io/crates' },
  hostsOf: (url) => ({ dl: `${url}/api/v1/crates` }),

  route({ host, segments }: PackagePath): Resource | null {
    if (host === 'dl') {
      const [name = '', version = '', last] = segments;
      return NAME.test(name) && VERSION.test(version) && last === 'download' && segments.length === 3
        ? archive({ host, path: `/${name}/${version}/download`, name })
        : null;
    }
    if (host === null && segments.length === 1 && segments[0] === 'config.json') {
      return {
        ...metadata({ path: '/config.json' }),
        render: (mirrorUrl) => ({ type: 'application/json', body: JSON.stringify({ dl: `${mirrorUrl}/+dl` }) }),
      };
    }
    const name = segments.at(-1) ?? '';
    return host === null && NAME.test(name) && segments.slice(0, -1).join('/') === prefixOf(name)
      ? metadata({ path: `/${segments.join('/')}`, name })
      : null;
  },
};

/** Where the index has a crate: `1`, `2`, `3/s` or `se/rd`. */
function prefixOf(name: string): string {
  const lower = name.toLowerCase();
  if (lower.length <= 2) {
    return String(lower.length);
  }
  return lower.length === 3 ? `3/${lower[0]}` : `${lower.slice(0, 2)}/${lower.slice(2, 4)}`;
}
