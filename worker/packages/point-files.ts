import { lstat, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PackageRegistry } from '../../protocol/index.ts';

export interface PointedFiles {
  /** Paths below the repository that were changed. */
  readonly changed: readonly string[];
  /** Puts the registries' own addresses back, also into lock files that a set-up command wrote. */
  restore(): Promise<void>;
}

/** An address as a file holds it, and the mirror's in its place. */
type Pair = readonly [theirs: string, mirror: string];

interface FileKind {
  readonly name: RegExp;
  readonly point: (text: string) => string;
  readonly restore: (text: string) => string;
}

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_DIRECTORIES = 5_000;
const MAX_DEPTH = 6;
const SKIPPED = new Set(['.git', 'node_modules', 'vendor', 'target', 'dist', 'build', '.venv']);

/**
 * Some clients take the addresses in a lock file or a project's own settings before those of their configuration: yarn 1,
 * bun, uv, Composer, the Gradle wrapper. For the time of set-up such files name the mirror; afterwards they are as they were.
 */
export async function pointFiles(
  repository: string,
  mirrors: { readonly baseUrl: string; readonly registries: readonly PackageRegistry[] },
): Promise<PointedFiles> {
  const kinds = listKinds(mirrors);
  const before = new Map<string, { original: Buffer; pointed: Buffer; modifiedAt: Date }>();
  for (const file of await findFiles(repository, kinds)) {
    const original = await readFile(file);
    const pointed = change(original, kindOf(file, kinds)?.point);
    if (!pointed.equals(original)) {
      before.set(file, { original, pointed, modifiedAt: (await lstat(file)).mtime });
      await writeFile(file, pointed);
    }
  }
  return {
    changed: [...before.keys()].map((file) => path.relative(repository, file)).sort(),
    async restore() {
      for (const file of await findFiles(repository, kinds)) {
        const now = await readFile(file);
        const known = before.get(file);
        const restored =
          known?.pointed.equals(now) === true ? known.original : change(now, kindOf(file, kinds)?.restore);
        if (!restored.equals(now)) {
          await writeFile(file, restored);
        }
        if (known !== undefined && restored.equals(known.original)) {
          await utimes(file, known.modifiedAt, known.modifiedAt);
        }
      }
    },
  };
}

function listKinds({ baseUrl, registries }: { baseUrl: string; registries: readonly PackageRegistry[] }): FileKind[] {
  function pairsOf(type: PackageRegistry['type'], known: Readonly<Record<string, string>>): Pair[] {
    const own = registries
      .filter((registry) => registry.type === type && registry.url !== undefined)
      .map(({ name, url }): Pair => [`${url}/`, `${baseUrl}/${name}/`]);
    return registries.some(({ name }) => name === type)
      ? [...own, ...Object.entries(known).map(([theirs, below]): Pair => [theirs, `${baseUrl}/${below}`])]
      : own;
  }
  const npm = pairsOf('npm', {
    'https://registry.npmjs.org/': 'npm/',
    'https://registry.yarnpkg.com/': 'npm/',
  });
  const pypi = pairsOf('pypi', {
    'https://pypi.org/simple': 'pypi/simple',
    'https://files.pythonhosted.org/': 'pypi/+files/',
  });
  const packagist = pairsOf('packagist', { 'https://api.github.com/repos/': 'packagist/+github/' });
  const gradle = pairsOf('maven', { 'https://services.gradle.org/distributions/': 'maven/+distributions/' });
  const hasNpm = registries.some(({ name }) => name === 'npm');
  // A colon in a value of the wrapper's properties is escaped
  const escaped = gradle.map((pair) => pair.map((url) => url.replaceAll(':', '\\:')) as [string, string]);
  return [
    { name: /^(?:yarn\.lock|package-lock\.json|npm-shrinkwrap\.json|\.npmrc|\.yarnrc(?:\.yml)?)$/, ...swap(npm) },
    { name: /^bun\.lock$/, ...(hasNpm ? nameArchives(`${baseUrl}/npm/`, swap(npm)) : swap(npm)) },
    { name: /^(?:uv\.lock|pdm\.lock|Pipfile(?:\.lock)?|requirements[^/]*\.(?:txt|in)|pip\.conf)$/, ...swap(pypi) },
    { name: /^composer\.lock$/, ...swap(packagist) },
    { name: /^gradle-wrapper\.properties$/, ...swap([...gradle, ...escaped]) },
  ];
}

type Change = Pick<FileKind, 'point' | 'restore'>;

function swap(pairs: readonly Pair[]): Change {
  return {
    point: (text) => pairs.reduce((current, [theirs, mirror]) => current.replaceAll(theirs, mirror), text),
    restore: (text) => pairs.reduce((current, [theirs, mirror]) => current.replaceAll(mirror, theirs), text),
  };
}

/**
 * bun fetches a package whose entry names no archive from the public registry, whatever its configuration says; so each
 * entry names the mirror's. Entries are `["NAME@VERSION", "ARCHIVE", …]`; a version with a colon is not of a registry.
 */
function nameArchives(registry: string, { point, restore }: Change): Change {
  const unnamed = /\["((?:@[^"/@]+\/)?([^"/@]+))@([^"@:]+)", ""(?=[,\]])/g;
  const named = new RegExp(`(\\["[^"]+", )"${RegExp.escape(registry)}[^"]*"`, 'g');
  return {
    point: (text) =>
      point(text).replaceAll(unnamed, (_entry, name: string, base: string, version: string) => {
        return `["${name}@${version}", "${registry}${name}/-/${base}-${version}.tgz"`;
      }),
    restore: (text) => restore(text.replaceAll(named, '$1""')),
  };
}

async function findFiles(repository: string, kinds: readonly FileKind[]): Promise<string[]> {
  const files: string[] = [];
  const queue = [{ directory: repository, depth: 0 }];
  for (let seen = 0; seen < MAX_DIRECTORIES; seen += 1) {
    const next = queue.shift();
    if (next === undefined) {
      break;
    }
    const entries = await readdir(next.directory, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const file = path.join(next.directory, entry.name);
      // Links are left alone: what they lead to may be outside
      if (entry.isDirectory() && !SKIPPED.has(entry.name) && next.depth < MAX_DEPTH) {
        queue.push({ directory: file, depth: next.depth + 1 });
      } else if (entry.isFile() && kindOf(file, kinds) !== undefined && (await lstat(file)).size <= MAX_BYTES) {
        files.push(file);
      }
    }
  }
  return files;
}

function kindOf(file: string, kinds: readonly FileKind[]): FileKind | undefined {
  return kinds.find(({ name }) => name.test(path.basename(file)));
}

function change(content: Buffer, how: ((text: string) => string) | undefined): Buffer {
  // Byte for byte, whatever the encoding
  return how === undefined ? content : Buffer.from(how(content.toString('latin1')), 'latin1');
}
