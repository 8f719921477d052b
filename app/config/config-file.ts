import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { z } from 'zod';
import { PACKAGE_TYPES, takeStart } from '../../protocol/index.ts';
import { closestWord } from './closest-word.ts';
import { KubernetesSection, readKubernetes } from './cluster-sections.ts';
import type { KubernetesConfig } from './cluster-sections.ts';
import { ContainerSection, ImageReference } from './images-section.ts';
import type { ContainerConfig } from './images-section.ts';
import type { RegistryConfig } from './packages-config.ts';
import { ProviderSection, readProviders } from './provider-section.ts';
import type { ProviderConfig } from './provider-section.ts';
import { readRegistries, RegistrySection } from './registry-section.ts';
import type { ConfigProblem, FileMistake } from './setting.ts';
import type { TierTable } from '../task/tiers/model-tiers.ts';
import { readTiers, TiersSection } from './tiers-section.ts';

const Name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);

/** What the file may hold. Settings that are lists or trees stand here; single values are environment variables. */
const FileSchema = z.strictObject({
  registries: z.record(Name, RegistrySection, { error: 'registries by name' }).default({}),
  providers: z.record(Name, ProviderSection, { error: 'model providers by name' }).default({}),
  tiers: TiersSection,
  images: z.record(Name, ImageReference, { error: 'images by name' }).default({}),
  docker: ContainerSection.default({}),
  kubernetes: KubernetesSection.prefault({}),
});

export interface ConfigFile {
  readonly providers: readonly ProviderConfig[];
  /** As written; a tier that is left out has the models of the server's default. */
  readonly tiers: Partial<TierTable>;
  readonly registries: readonly RegistryConfig[];
  readonly containers: ContainerConfig;
  readonly kubernetes: KubernetesConfig;
}

export const EMPTY_CONFIG_FILE: ConfigFile = {
  registries: [],
  providers: [],
  tiers: {},
  containers: { runtime: null, cpus: null, images: {} },
  kubernetes: readKubernetes(KubernetesSection.parse({})),
};

const MAX_BYTES = 256 * 1024;
const MAX_PROBLEMS = 20;

/**
 * Reads the operator's YAML file. Secrets never stand in it: it names environment variables, which are looked up in `env`.
 * Every mistake is reported with line and key.
 */
export function parseConfigFile(
  source: { readonly file: string; readonly text: string },
  env: Readonly<Record<string, string | undefined>>,
): { readonly config: ConfigFile; readonly problems: readonly ConfigProblem[] } {
  const lines = new LineCounter();
  if (source.text.length > MAX_BYTES) {
    const mistake = { path: [], expected: `at most ${MAX_BYTES} bytes`, found: `${source.text.length}` };
    return { config: EMPTY_CONFIG_FILE, problems: [problemAt(mistake, { source, line: 1 })] };
  }
  const document = parseDocument(source.text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    merge: false,
  });
  function problem(mistake: FileMistake): ConfigProblem {
    return problemAt(mistake, { source, line: lines.linePos(offsetOf(document, mistake.path)).line });
  }
  const [broken] = document.errors;
  if (broken !== undefined) {
    const line = lines.linePos(broken.pos[0]).line;
    const found = takeStart(broken.message.split('\n')[0] ?? '', 200);
    return {
      config: EMPTY_CONFIG_FILE,
      problems: [problemAt({ path: [], expected: 'YAML', found }, { source, line })],
    };
  }
  let content: unknown;
  try {
    content = document.toJS() ?? {};
  } catch (error) {
    const found = error instanceof Error ? takeStart(error.message, 200) : 'an alias that cannot be resolved';
    return {
      config: EMPTY_CONFIG_FILE,
      problems: [problem({ path: [], expected: 'few aliases, each of an anchor', found })],
    };
  }
  const parsed = FileSchema.safeParse(content);
  if (!parsed.success) {
    const mistakes = parsed.error.issues.flatMap((issue) => describeIssue(issue, document));
    return { config: EMPTY_CONFIG_FILE, problems: mistakes.slice(0, MAX_PROBLEMS).map(problem) };
  }
  const registries = readRegistries(parsed.data.registries, env);
  const providers = readProviders(parsed.data.providers, env);
  return {
    config: {
      registries: registries.registries,
      providers: providers.providers,
      tiers: readTiers(parsed.data.tiers),
      containers: {
        runtime: parsed.data.docker.runtime ?? null,
        cpus: parsed.data.docker.cpus ?? null,
        images: parsed.data.images,
      },
      kubernetes: readKubernetes(parsed.data.kubernetes),
    },
    problems: [...registries.mistakes, ...providers.mistakes].slice(0, MAX_PROBLEMS).map(problem),
  };
}

function problemAt(
  { path, expected, found }: FileMistake,
  { source, line }: { source: { file: string }; line: number },
): ConfigProblem {
  const key = path.length === 0 ? '' : `, key ${path.map(String).join('.')}`;
  return {
    name: 'BOSUN_CONFIG',
    expected,
    found: `${found} (${source.file}, line ${Math.max(1, line)}${key})`,
    example: '/etc/bosun/bosun.yml',
  };
}

const KEYS: readonly string[] = [
  ...Object.keys(FileSchema.shape),
  ...Object.keys(RegistrySection.shape),
  ...Object.keys(ProviderSection.shape),
  ...Object.keys(ContainerSection.shape),
  ...Object.keys(KubernetesSection.shape),
  ...PACKAGE_TYPES,
];

function describeIssue(issue: z.core.$ZodIssue, document: Document): FileMistake[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = closestWord(key, KEYS);
      const hint = near === null ? '' : `; did you mean \`${near}\`?`;
      return { path: [...issue.path, key], expected: `a known key${hint}`, found: `the key \`${takeStart(key, 60)}\`` };
    });
  }
  if (issue.code === 'invalid_key') {
    const expected = 'a name of lower-case letters, digits and hyphens that begins with a letter';
    return [{ path: issue.path, expected, found: takeStart(JSON.stringify(issue.path.at(-1) ?? ''), 60) }];
  }
  const node = document.getIn(issue.path as unknown[], true);
  const text = isScalar(node) ? takeStart(JSON.stringify(node.value), 100) : 'something else';
  // What stands before an `@` in an address is a password
  const value = text.includes('@') && text.includes('://') ? 'an address with a user name or password' : text;
  return [{ path: issue.path, expected: issue.message.replace(/^Invalid input: expected /, ''), found: value }];
}

/** Where a key is, or the nearest of its parents. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path[length - 1]) : null;
    const node = pair === null || pair === undefined ? document.getIn(path.slice(0, length), true) : pair.key;
    if (isNode(node) && node.range) {
      return node.range[0];
    }
  }
  return 0;
}
