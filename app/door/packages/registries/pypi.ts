import { archive, metadata } from '../registry.ts';
import type { PackagePath, RegistryProtocol, Resource } from '../registry.ts';

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?$/;
const FILE = /\.(?:whl|tar\.gz|tgz|tar\.bz2|zip|egg)(?:\.metadata)?$/;
const JSON_INDEX = 'application/vnd.pypi.simple.v1+json';

/** pip, uv, Poetry and PDM: the simple index, the JSON page of a project, and its files. */
export const pypi: RegistryProtocol = {
  type: 'pypi',
  url: 'https://pypi.org',
  hosts: { files: 'https://files.pythonhosted.org' },
  hasRootRelativeLinks: true,

  route({ host, segments, accept }: PackagePath): Resource | null {
    const [first, second] = segments;
    const path = `/${segments.join('/')}`;
    if (FILE.test(path)) {
      return archive({ host, path, name: host === null ? nameOfFile(segments.at(-1) ?? '') : null });
    }
    if (host !== null || second === undefined || !NAME.test(second)) {
      return null;
    }
    if (first === 'simple' && segments.length === 2) {
      return metadata({
        path: `${path}/`,
        name: normalize(second),
        accept: accept.includes(JSON_INDEX) ? `${JSON_INDEX}, text/html; q=0.1` : 'text/html',
        rewrite: true,
      });
    }
    const isProject = first === 'pypi' && segments.at(-1) === 'json' && segments.length <= 4;
    return isProject ? metadata({ path, name: normalize(second), rewrite: true }) : null;
  },
};

/** `acme_tools-1.0-py3-none-any.whl` is a file of `acme-tools`. */
function nameOfFile(file: string): string {
  return normalize(file.replace(/-\d.*$/, ''));
}

function normalize(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}
