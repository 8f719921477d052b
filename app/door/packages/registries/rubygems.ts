import { archive, metadata } from '../registry.ts';
import type { PackagePath, RegistryProtocol, Resource } from '../registry.ts';

const GEM = /^([A-Za-z0-9._-]+?)-\d[A-Za-z0-9._-]*\.(?:gem|gemspec\.rz)$/;
const LISTS = ['versions', 'names', 'specs.4.8.gz', 'latest_specs.4.8.gz', 'prerelease_specs.4.8.gz'];

/** Bundler's compact index, the older index of `gem`, and the gems. */
export const rubygems: RegistryProtocol = {
  type: 'rubygems',
  url: 'https://rubygems.org',
  hosts: {},
  redirects: ['https://index.rubygems.org', 'https://fastly.rubygems.org'],

  route({ host, segments }: PackagePath): Resource | null {
    const [first = '', second = ''] = segments;
    const path = `/${segments.join('/')}`;
    if (host !== null) {
      return null;
    }
    if (segments.length === 1) {
      return LISTS.includes(first) ? metadata({ path }) : null;
    }
    if (first === 'info' && segments.length === 2) {
      return metadata({ path, name: second });
    }
    const name = GEM.exec(segments.at(-1) ?? '')?.[1];
    const isGem = first === 'gems' && segments.length === 2;
    const isSpec = first === 'quick' && second === 'Marshal.4.8' && segments.length === 3;
    return name !== undefined && (isGem || isSpec) ? archive({ path, name }) : null;
  },
};
