import { z } from 'zod';
import { PACKAGE_TYPES } from '../../protocol/index.ts';
import type { PackageType } from '../../protocol/index.ts';
import type { RegistryConfig } from './packages-config.ts';
import { url } from './read/readers.ts';
import type { FileMistake } from './setting.ts';

const address = url({ protocols: ['https:', 'http:'] });
export const Address = z
  .string({ error: address.type })
  .refine((text) => address.read(text).ok, { error: address.type })
  .transform((text) => text.replace(/\/+$/, ''));
export const Variable = z
  .string({ error: 'the name of an environment variable' })
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,100}$/, { error: 'the name of an environment variable' });
const Patterns = z
  .array(z.string().min(1).max(200), { error: 'a list of package names such as ["@acme/*"]' })
  .max(200, { error: 'at most 200 package names' });

/** One entry of `registries:`. */
export const RegistrySection = z.strictObject(
  {
    type: z.enum(PACKAGE_TYPES, { error: `one of ${PACKAGE_TYPES.join(', ')}` }).optional(),
    url: Address.optional(),
    hosts: z.record(z.string().regex(/^[a-z0-9-]{1,40}$/), Address).default({}),
    names: Patterns.default([]),
    only: Patterns.optional(),
    /** Variables with a credential: a token for `Authorization: Bearer`, or `user:password`. */
    token: Variable.optional(),
    basic: Variable.optional(),
  },
  { error: 'keys with values' },
);
export type RegistrySection = z.infer<typeof RegistrySection>;

/** Resolves names of variables and checks what a schema of one entry cannot. */
export function readRegistries(
  sections: Readonly<Record<string, RegistrySection>>,
  env: Readonly<Record<string, string | undefined>>,
): { registries: RegistryConfig[]; mistakes: FileMistake[] } {
  const mistakes: FileMistake[] = [];
  const registries = Object.entries(sections).flatMap(([name, section]) => {
    const path = ['registries', name];
    const builtIn = PACKAGE_TYPES.find((known) => known === name);
    const type = section.type ?? builtIn;
    if (type === undefined) {
      const expected = `\`type\`, one of ${PACKAGE_TYPES.join(', ')}, because ${name} is not a built-in registry`;
      mistakes.push({ path, expected, found: 'nothing' });
      return [];
    }
    if (builtIn !== undefined && type !== builtIn) {
      mistakes.push({ path: [...path, 'type'], expected: `\`${builtIn}\` or another name`, found: type });
      return [];
    }
    if (builtIn === undefined && section.url === undefined) {
      mistakes.push({ path, expected: '`url`, the address of the registry', found: 'nothing' });
      return [];
    }
    return [toConfig(name, { section, type, authorization: readCredential(section, { path, env, mistakes }) })];
  });
  return { registries, mistakes };
}

function toConfig(
  name: string,
  { section, type, authorization }: { section: RegistrySection; type: PackageType; authorization: string | null },
): RegistryConfig {
  // Operators copy the address that pip takes
  const base = type === 'pypi' ? section.url?.replace(/\/simple$/, '') : section.url;
  return {
    name,
    type,
    url: base ?? null,
    hosts: section.hosts,
    names: section.names,
    only: section.only ?? null,
    authorization,
  };
}

function readCredential(
  section: RegistrySection,
  {
    path,
    env,
    mistakes,
  }: { path: string[]; env: Readonly<Record<string, string | undefined>>; mistakes: FileMistake[] },
): string | null {
  if (section.token !== undefined && section.basic !== undefined) {
    mistakes.push({ path: [...path, 'basic'], expected: 'either `token` or `basic`', found: 'both' });
    return null;
  }
  const key = section.token === undefined ? 'basic' : 'token';
  const variable = section[key];
  if (variable === undefined) {
    return null;
  }
  const value = env[variable]?.trim() ?? '';
  const expected =
    key === 'token'
      ? 'the name of a variable that holds a token'
      : 'the name of a variable that holds a user name, a colon and a password';
  if (value === '' || /[^\x21-\x7e]/.test(value) || (key === 'basic' && !value.includes(':'))) {
    const found = value === '' ? `${variable}, which is not set` : `${variable}, whose value is not one`;
    mistakes.push({ path: [...path, key], expected, found });
    return null;
  }
  return key === 'token' ? `Bearer ${value}` : `Basic ${Buffer.from(value).toString('base64')}`;
}
