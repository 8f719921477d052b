import { archive, metadata } from '../registry.ts';
import type { PackagePath, RegistryProtocol, Resource } from '../registry.ts';

const NAME = /^[A-Za-z0-9._~!'()*-]{1,214}$/;
const SCOPE = /^@[A-Za-z0-9._~!'()*-]{1,213}$/;
const TARBALL = /^[^/]+\.(?:tgz|tar\.gz)$/;
const ABBREVIATED = 'application/vnd.npm.install-v1+json';

/** npm, pnpm, yarn and bun: the packument of a package, and its tarballs. */
export const npm: RegistryProtocol = {
  type: 'npm',
  url: 'https://registry.npmjs.org',
  hosts: {},

  route({ segments, accept }: PackagePath): Resource | null {
    if (segments[0] === 'download') {
      return routeDownload(segments.slice(1));
    }
    const taken = takeName(segments);
    if (taken === null) {
      return null;
    }
    const { name, rest } = taken;
    const document = {
      name,
      accept: accept.includes(ABBREVIATED) ? `${ABBREVIATED}; q=1.0, application/json; q=0.8` : 'application/json',
      rewrite: true,
    };
    const [first, second] = rest;
    if (first === undefined) {
      return metadata({ ...document, path: `/${name.replace('/', '%2f')}` });
    }
    if (first === '-' && rest.length === 2 && TARBALL.test(second ?? '')) {
      return archive({ path: `/${name}/-/${second}`, name });
    }
    return rest.length === 1 && first !== '-' ? metadata({ ...document, path: `/${name}/${first}` }) : null;
  },
};

/** Where GitHub Packages has its tarballs: `/download/@scope/name/version/hash`. */
function routeDownload(segments: readonly string[]): Resource | null {
  const taken = takeName(segments);
  return taken !== null && taken.rest.length === 2
    ? archive({ path: `/download/${segments.join('/')}`, name: taken.name })
    : null;
}

function takeName(segments: readonly string[]): { name: string; rest: readonly string[] } | null {
  const [first = '', second = ''] = segments;
  if (SCOPE.test(first)) {
    return NAME.test(second) ? { name: `${first}/${second}`, rest: segments.slice(2) } : null;
  }
  // `/-/` leads to search, audit, tokens and everything else that is not a package
  return NAME.test(first) && first !== '-' ? { name: first, rest: segments.slice(1) } : null;
}
