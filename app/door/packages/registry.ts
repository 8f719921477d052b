import type { PackageType } from '../../../protocol/index.ts';

/**
 * A package protocol: the public registry, and which paths mean what. Everything that differs between npm and PyPI is in
 * one such record; the mirror itself knows none of them.
 */
export interface RegistryProtocol {
  readonly type: PackageType;
  /** Base URL of the public registry, without a trailing slash. */
  readonly url: string;
  /** Further hosts the public registry serves from. The mirror has each at `+<name>/`. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Origins a redirect may lead to besides the registry's own. */
  readonly redirects?: readonly string[];
  /** URLs in metadata that stand for a host under another address: prefix → name of the host. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** The hosts of a registry of this protocol at another address, unless the operator names them. */
  readonly hostsOf?: (url: string) => Readonly<Record<string, string>>;
  /** Whether its pages have links that begin with a slash. */
  readonly hasRootRelativeLinks?: true;
  /** Package names allowed where the operator names none; absent allows all. */
  readonly prefixes?: readonly string[];
  /** What the path names, or null when it is not one a client needs for an installation. */
  route(path: PackagePath): Resource | null;
}

/** The path of a request below its registry: decoded, and free of everything that could mean another place. */
export interface PackagePath {
  /** The `+<name>` it began with. */
  readonly host: string | null;
  readonly segments: readonly string[];
  readonly trailingSlash: boolean;
  /** The client's Accept header. */
  readonly accept: string;
}

export interface Resource {
  /** Null is the registry's base URL. */
  readonly host: string | null;
  /** Below that base, with a leading slash, encoded as the registry expects it. */
  readonly path: string;
  /** The package, where the path names one: private registries and prefixes are matched against it. */
  readonly name: string | null;
  /** An archive of one version never changes; metadata is checked again once it is older than this. */
  readonly freshMs: number;
  /** Sent upstream; one of few values, because each is kept in the cache on its own. */
  readonly accept?: string;
  /** Whether it holds URLs of the registry that have to lead to the mirror. */
  readonly rewrite: boolean;
  /** Made here instead of being fetched: the start page of a protocol, which names other addresses. */
  readonly render?: (mirrorUrl: string) => { readonly type: string; readonly body: string };
}

export const FOREVER = Number.POSITIVE_INFINITY;
export const METADATA_FRESH_MS = 5 * 60_000;

/** An archive, or another file that never changes under its name. */
export function archive(at: { path: string; name?: string | null; host?: string | null }): Resource {
  return { host: at.host ?? null, path: at.path, name: at.name ?? null, freshMs: FOREVER, rewrite: false };
}

/** Something that changes as versions are published. */
export function metadata(at: {
  path: string;
  name?: string | null;
  host?: string | null;
  accept?: string;
  rewrite?: boolean;
}): Resource {
  return {
    host: at.host ?? null,
    path: at.path,
    name: at.name ?? null,
    freshMs: METADATA_FRESH_MS,
    rewrite: at.rewrite ?? false,
    ...(at.accept === undefined ? {} : { accept: at.accept }),
  };
}
