import { archive, metadata } from '../registry.ts';
import type { PackagePath, RegistryProtocol, Resource } from '../registry.ts';

const MAX_SEGMENTS = 8;

/** The v3 protocol: an index of resources, pages of registrations, and packages in a flat container. */
export const nuget: RegistryProtocol = {
  type: 'nuget',
  url: 'https://api.nuget.org',
  hosts: {},

  route({ host, segments }: PackagePath): Resource | null {
    const path = `/${segments.join('/')}`;
    if (host !== null || segments.length > MAX_SEGMENTS) {
      return null;
    }
    if (/\.(?:nupkg|nuspec|nupkg\.sha512)$/.test(path) && segments.length >= 3) {
      return archive({ path, name: segments.at(-3) ?? null });
    }
    if (!path.endsWith('.json')) {
      return null;
    }
    const isStart = segments.length <= 2 || path.startsWith('/v3-index/');
    return metadata({ path, name: isStart ? null : nameOf(segments), rewrite: true });
  },
};

/** `registration5/<id>/index.json`, `…/<id>/1.0.0.json` or `…/<id>/page/1.0.0/2.0.0.json`. */
function nameOf(segments: readonly string[]): string | null {
  const page = segments.indexOf('page');
  return segments.at(page > 0 ? page - 1 : -2) ?? null;
}
