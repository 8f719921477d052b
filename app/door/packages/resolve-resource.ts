import { refuse } from '../refusal.ts';
import type { Checked } from '../refusal.ts';
import type { ParsedPath } from './parse-path.ts';
import type { Resource } from './registry.ts';
import type { Registry, RegistryTable } from './registry-table.ts';

export interface ResolvedResource {
  readonly registry: Registry;
  readonly resource: Resource;
  readonly url: URL;
  /** The registry the client asked; a private one may answer in its place. */
  readonly askedFor: string;
}

/**
 * Which address of which registry a path stands for. A package whose name a private registry claims comes from there and
 * never from a public one, so that nobody can publish a public package of the same name in its place.
 */
export function resolveResource(parsed: ParsedPath, table: RegistryTable, accept: string): Checked<ResolvedResource> {
  const asked = table.get(parsed.registry);
  if (asked === undefined) {
    return refuse(
      'PACKAGE_NOT_ALLOWED',
      `This server has no package registry ${parsed.registry}. An operator can allow it with BOSUN_PACKAGES.`,
    );
  }
  const resource = asked.protocol.route({ ...parsed, accept });
  if (resource === null) {
    return refuse(
      'PACKAGE_NOT_ALLOWED',
      `The ${asked.name} mirror serves only the paths that installations need, not this one.`,
    );
  }
  const registry = findRegistry(resource, { asked, table });
  if (resource.name !== null && registry.only !== null && !matchesAny(resource.name, registry.only)) {
    return leadsToAllowed(resource.name, registry.only)
      ? refuse('NOT_FOUND', `${resource.name} is not a package.`)
      : refuse(
          'PACKAGE_NOT_ALLOWED',
          `${resource.name} is not among the packages this server fetches from ${registry.name}. An operator can add it to \`only\` of registries.${registry.name} in BOSUN_CONFIG.`,
        );
  }
  const base = resource.host === null ? registry.url : registry.hosts[resource.host];
  if (base === undefined) {
    return refuse('NOT_FOUND', `The registry ${registry.name} has no host ${resource.host ?? ''}.`);
  }
  return { ok: true, value: { registry, resource, url: new URL(`${base}${resource.path}`), askedFor: asked.name } };
}

function findRegistry(resource: Resource, { asked, table }: { asked: Registry; table: RegistryTable }): Registry {
  const { name } = resource;
  if (name === null || asked.names.length > 0) {
    return asked;
  }
  const claims = [...table.values()].filter(
    ({ protocol, names }) => protocol.type === asked.protocol.type && matchesAny(name, names),
  );
  return claims[0] ?? asked;
}

/** `@acme/*` and `github.com/` stand for everything that begins so, `acme-lib` for itself. */
function matchesAny(name: string, patterns: readonly string[]): boolean {
  const wanted = name.toLowerCase();
  return patterns.some((pattern) => {
    const known = pattern.toLowerCase();
    if (known.endsWith('*')) {
      return wanted.startsWith(known.slice(0, -1));
    }
    return known.endsWith('/') ? wanted.startsWith(known) : wanted === known;
  });
}

/** Go asks for every parent of a module path; that there is nothing is the answer it needs to continue. */
function leadsToAllowed(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => pattern.toLowerCase().startsWith(`${name.toLowerCase()}/`));
}
