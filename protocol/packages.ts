import { z } from 'zod';

/** The package protocols a mirror can speak. One record each in `app/door/packages/registries/`. */
export const PACKAGE_TYPES = [
  'npm',
  'pypi',
  'crates',
  'go',
  'maven',
  'rubygems',
  'nuget',
  'packagist',
  'debian',
] as const;
export type PackageType = (typeof PACKAGE_TYPES)[number];

/** A registry that workers reach at `DOOR_PATHS.packages/<name>/`. */
export const PackageRegistry = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  type: z.enum(PACKAGE_TYPES),
  /** Package names that come from this registry and from no other, such as `@acme/*`; empty for a built-in one. */
  names: z.array(z.string()).default([]),
  /** The address under which a repository's own files name a private registry; absent for a built-in one. */
  url: z.url().optional(),
});
export type PackageRegistry = z.infer<typeof PackageRegistry>;
