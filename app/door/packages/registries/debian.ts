import { archive, metadata } from '../registry.ts';
import type { PackagePath, RegistryProtocol, Resource } from '../registry.ts';

/** apt: signed indices below `dists`, packages below `pool`. */
export const debian: RegistryProtocol = {
  type: 'debian',
  url: 'https://deb.debian.org',
  hosts: {},

  route({ host, segments, trailingSlash }: PackagePath): Resource | null {
    const path = `/${segments.join('/')}`;
    const [archiveName = '', kind] = segments;
    if (host !== null || trailingSlash || segments.length < 4 || !/^[a-z][a-z-]{0,40}$/.test(archiveName)) {
      return null;
    }
    if (kind === 'pool' || (kind === 'dists' && path.includes('/by-hash/'))) {
      return archive({ path });
    }
    return kind === 'dists' ? metadata({ path }) : null;
  },
};
