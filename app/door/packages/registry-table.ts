import type { PackagesConfig, RegistryConfig } from '../../config/packages-config.ts';
import { PACKAGE_TYPES } from '../../../protocol/index.ts';
import { PROTOCOLS } from './registries/protocols.ts';
import type { RegistryProtocol } from './registry.ts';

/** A registry the mirror serves: a protocol at an address. */
export interface Registry {
  readonly name: string;
  readonly protocol: RegistryProtocol;
  readonly url: string;
  readonly hosts: Readonly<Record<string, string>>;
  readonly redirects: readonly string[];
  readonly names: readonly string[];
  readonly only: readonly string[] | null;
  readonly authorization: string | null;
}

export type RegistryTable = ReadonlyMap<string, Registry>;

/** The built-in registries the operator left open, at the operator's address where there is one, and the private ones. */
export function createRegistryTable({ builtIn, registries }: PackagesConfig): RegistryTable {
  const table = new Map<string, Registry>();
  for (const type of PACKAGE_TYPES.filter((known) => builtIn.includes(known))) {
    const given = registries.find(({ name }) => name === type);
    table.set(type, given === undefined ? publicRegistry(PROTOCOLS[type]) : ownRegistry(given));
  }
  for (const given of registries.filter(({ name, type }) => name !== type)) {
    table.set(given.name, ownRegistry(given));
  }
  return table;
}

function publicRegistry(protocol: RegistryProtocol): Registry {
  return {
    name: protocol.type,
    protocol,
    url: protocol.url,
    hosts: protocol.hosts,
    redirects: protocol.redirects ?? [],
    names: [],
    only: protocol.prefixes ?? null,
    authorization: null,
  };
}

/** Of an address the operator chose, the hosts of the public registry are no part. */
function ownRegistry(given: RegistryConfig): Registry {
  const usual = publicRegistry(PROTOCOLS[given.type]);
  return {
    ...usual,
    name: given.name,
    url: given.url ?? usual.url,
    hosts:
      given.url !== null
        ? { ...usual.protocol.hostsOf?.(given.url), ...given.hosts }
        : { ...usual.hosts, ...given.hosts },
    redirects: given.url !== null ? [] : usual.redirects,
    names: given.names,
    only: given.only ?? (given.name === given.type ? usual.only : null),
    authorization: given.authorization,
  };
}
