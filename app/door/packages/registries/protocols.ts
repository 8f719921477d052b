import type { PackageType } from '../../../../protocol/index.ts';
import type { RegistryProtocol } from '../registry.ts';
import { crates } from './crates.ts';
import { debian } from './debian.ts';
import { go } from './go.ts';
import { maven } from './maven.ts';
import { npm } from './npm.ts';
import { nuget } from './nuget.ts';
import { packagist } from './packagist.ts';
import { pypi } from './pypi.ts';
import { rubygems } from './rubygems.ts';

/** Every protocol, once. To add one, write its record and name it here and in `PACKAGE_TYPES`. */
export const PROTOCOLS: Readonly<Record<PackageType, RegistryProtocol>> = {
  npm,
  pypi,
  crates,
  go,
  maven,
  rubygems,
  nuget,
  packagist,
  debian,
};
