import { archive, metadata } from '../registry.ts';
import type { PackagePath, RegistryProtocol, Resource } from '../registry.ts';

const NAME = /^[a-z0-9]([_.-]?[a-z0-9]+)*$/i;

/** Composer 2: metadata of a package, and its archives, most of which GitHub makes. */
export const packagist: RegistryProtocol = {
  type: 'packagist',
  url: 'https://repo.packagist.org',
  // The address in metadata is the API's, which counts requests and then redirects here
  hosts: { github: 'https://codeload.github.com' },
  aliases: { 'https://api.github.com/repos': 'github' },

  route({ host, segments }: PackagePath): Resource | null {
    const [first = '', second = '', third = '', fourth = ''] = segments;
    const path = `/${segments.join('/')}`;
    if (host === 'github') {
      return third === 'zipball' && segments.length === 4
        ? archive({ host, path: `/${first}/${second}/legacy.zip/${fourth}` })
        : null;
    }
    if (host !== null) {
      return null;
    }
    if (first === 'packages.json' && segments.length === 1) {
      return {
        ...metadata({ path }),
        render: (mirrorUrl) => ({
          type: 'application/json',
          body: JSON.stringify({ packages: [], 'metadata-url': `${mirrorUrl}/p2/%package%.json` }),
        }),
      };
    }
    if (first === 'p2' && segments.length === 3 && third.endsWith('.json')) {
      const name = third.replace(/(?:~dev)?\.json$/, '');
      return NAME.test(second) && NAME.test(name) ? metadata({ path, name: `${second}/${name}`, rewrite: true }) : null;
    }
    return /\.(?:zip|tar|tgz|tar\.gz)$/.test(path) && segments.length >= 2 ? archive({ path }) : null;
  },
};
