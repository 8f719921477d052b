import type { PackageRegistry, PackageType } from '../../protocol/index.ts';

/** Which package registries workers may use while an environment is prepared. */
export interface PackagesConfig {
  /** Built-in registries that are open. */
  readonly builtIn: readonly PackageType[];
  /** From `registries:` of the configuration file: other addresses of built-in ones, and private ones. */
  readonly registries: readonly RegistryConfig[];
}

export interface RegistryConfig {
  /** The name of a built-in registry, or one of the operator's choice. */
  readonly name: string;
  readonly type: PackageType;
  /** Without a trailing slash; null keeps the address of the built-in registry. */
  readonly url: string | null;
  /** Further hosts it serves from, by the name the protocol gives them. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Package names that come from here and from nowhere else; `*` at the end stands for any rest. */
  readonly names: readonly string[];
  /** The only names that may be fetched from here; null leaves the list of the protocol. */
  readonly only: readonly string[] | null;
  /** The whole value of the Authorization header; a secret. */
  readonly authorization: string | null;
}

/** The registries as a prepare job receives them. No address of a built-in one, and no credential. */
export function describeRegistries({ builtIn, registries }: PackagesConfig): PackageRegistry[] {
  return [
    ...builtIn.map((type) => ({ name: type, type, names: [] })),
    ...registries
      .filter(({ name, type }) => name !== type)
      .map(({ name, type, names, url }) => ({ name, type, names: [...names], ...(url === null ? {} : { url }) })),
  ];
}
