import { newNames, type InstallFact } from './install-fact.ts';

interface Found {
  readonly kind: InstallFact['kind'];
  readonly name: string;
}

/** A manifest or lock file that is read line by line. */
export interface TextManifest {
  /** Of the file, without its folder, folded. */
  readonly names: RegExp;
  /** What one line says; `section` is the last header like `[dependencies]` or `require (`. */
  readonly read: (line: string, section: string) => readonly Found[];
  readonly header?: (line: string) => string | null;
}

const NAME = String.raw`[A-Za-z0-9][A-Za-z0-9._/@-]{0,213}`;
/** Nothing that is read here has longer lines that mean anything. */
const LONGEST_LINE = 2_000;

export const TEXT_MANIFESTS: readonly TextManifest[] = [
  {
    names: /^(?:requirements|constraints)[\w.-]*\.(?:txt|in)$/,
    read: (line) => {
      const said = line.trim();
      if (/^-|:\/\/|\s@\s/.test(said)) {
        return [{ kind: 'source', name: said }];
      }
      return nameAt(said, new RegExp(`^(${NAME})`), 'dependency');
    },
  },
  {
    names: /^(?:pyproject\.toml|pipfile|cargo\.toml|libs\.versions\.toml|.+\.versions\.toml|setup\.cfg)$/,
    header: tomlHeader,
    read: readToml,
  },
  {
    names: /^go\.mod$/,
    header: (line) => /^(\w+) \($/.exec(line.trim())?.[1] ?? (line.trim().startsWith(')') ? '' : null),
    read: (line, section) => {
      const said = line.trim();
      if (section === 'replace' || /^replace\s/.test(said) || /^toolchain\s/.test(said)) {
        return said === '' ? [] : [{ kind: 'source', name: said }];
      }
      const required = section === 'require' || section === 'tool' ? said : said.replace(/^(?:require|tool)\s+/, '');
      return required === said && section === '' ? [] : nameAt(required, /^([^\s/]+\.[^\s]+)/, 'dependency');
    },
  },
  {
    names: /^(?:gemfile|.+\.gemspec)$/,
    read: (line) => [
      ...nameAt(line, /\b(?:gem|add_\w*dependency)[\s(]+["']([^"']{1,214})["']/, 'dependency'),
      ...(/^\s*(?:source|git_source|git|path)\b/.test(line) ? [{ kind: 'source' as const, name: line.trim() }] : []),
    ],
  },
  {
    names: /^(?:pom\.xml|.+\.csproj|.+\.fsproj|directory\.packages\.props|packages\.config)$/,
    read: (line) => [
      ...nameAt(line, /<artifactId>\s{0,9}([^<\s]{1,214})/, 'dependency'),
      ...nameAt(
        line,
        /<(?:PackageReference|PackageVersion|package)\s[^>]{0,99}(?:Include|id)="([^"]{1,214})"/,
        'dependency',
      ),
      ...nameAt(line, /<url>\s{0,9}([^<\s]{1,500})/, 'source'),
      ...nameAt(line, /<(Exec|Target)\s/, 'script'),
    ],
  },
  {
    names: /^(?:.*\.)?gradle(?:\.kts)?$/,
    read: (line) => [
      ...nameAt(line, /["']([\w.-]{1,100}:[\w.-]{1,100})(?::[^"']{0,100})?["']/, 'dependency'),
      ...nameAt(line, /\bid[\s(]+["']([\w.-]{1,200})["']/, 'dependency'),
      ...nameAt(line, /\b(?:url|uri)\b[^"']{0,20}["']([^"']{1,500})["']/, 'source'),
    ],
  },
  { names: /^pnpm-lock\.yaml$/, header: pnpmHeader, read: readPnpmLock },
  {
    names: /^(?:yarn\.lock|bun\.lock|cargo\.lock|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|gemfile\.lock)$/,
    read: (line) => hostsOf(line),
  },
];

/** What the new text says and the old did not. */
export function readTextManifest(
  manifest: TextManifest,
  { after, before }: { before: string; after: string },
): readonly InstallFact[] {
  const [known, found] = [foundIn(manifest, before), foundIn(manifest, after)];
  return (['script', 'dependency', 'source'] as const).flatMap((kind) =>
    newNames(kind, { before: namesOf(known, kind), after: namesOf(found, kind) }),
  );
}

function namesOf(found: readonly Found[], kind: Found['kind']): string[] {
  return found.filter((each) => each.kind === kind).map(({ name }) => name);
}

function foundIn(manifest: TextManifest, text: string): Found[] {
  let section = '';
  return text.split(/\r\n|[\r\n]/).flatMap((full) => {
    const line = full.slice(0, LONGEST_LINE);
    section = manifest.header?.(line) ?? section;
    return manifest.read(line, section);
  });
}

function nameAt(line: string, pattern: RegExp, kind: Found['kind']): Found[] {
  const name = pattern.exec(line)?.[1];
  return name === undefined ? [] : [{ kind, name }];
}

/** `[section]`, and `key = [` of a list that continues in the next lines. */
function tomlHeader(line: string): string | null {
  const section = /^\s{0,9}\[+([^\]]{1,200})\]/.exec(line)?.[1];
  if (section !== undefined && !line.includes('"')) {
    return section;
  }
  return /^\s{0,9}([\w-]{1,100})\s{0,9}=\s{0,9}\[/.exec(line)?.[0] ?? null;
}

const DEPENDENCY_SECTION = /dependenc|^packages$|dev-packages|libraries|plugins|build-system|requires|groups|extras/i;

function readToml(line: string, section: string): Found[] {
  const [, own] = /dependencies\.["']?([\w-]{1,214})["']?$/.exec(section) ?? [];
  const key = /^\s{0,9}["']?([\w.@/-]{1,214})["']?\s{0,9}=\s{0,9}(.{0,300})/.exec(line);
  if (/^(?:build|build-backend|backend-path)$/.test(key?.[1] ?? '')) {
    return [{ kind: 'script', name: line.trim() }];
  }
  if (
    /\b(?:git|url|path|registry|index|index-url)\s{0,9}=\s{0,9}["']/.test(line) ||
    /source|patch|registries/.test(section)
  ) {
    return line.trim() === '' ? [] : [{ kind: 'source', name: line.trim() }];
  }
  if (own !== undefined) {
    return [{ kind: 'dependency', name: own }];
  }
  if (!DEPENDENCY_SECTION.test(section) && !DEPENDENCY_SECTION.test(key?.[1] ?? '')) {
    return [];
  }
  const listed = [...line.matchAll(new RegExp(`["'](${NAME})[^"']{0,200}["']`, 'g'))];
  const isTable = key !== null && !/=\s{0,9}\[/.test(line);
  if (isTable) {
    return [{ kind: 'dependency', name: key[1] ?? '' }];
  }
  return listed.map(([, name = '']) => ({ kind: 'dependency', name: name.replace(/[.@]+$/, '') }));
}

/** The package that the following lines of a lock file of pnpm are about. */
function pnpmHeader(line: string): string | null {
  return /^ {2}["'/]{0,2}([^\s"':]{1,214}(?:@[^\s"':]{1,214})?)["']?:\s{0,9}$/.exec(line)?.[1] ?? null;
}

function readPnpmLock(line: string, section: string): Found[] {
  return /^\s+requiresBuild:\s{0,9}true/.test(line)
    ? [{ kind: 'script', name: `${section.replace(/(?<=.)@.*/, '')} runs a script when it is installed` }]
    : hostsOf(line);
}

function hostsOf(line: string): Found[] {
  return [...line.matchAll(/\b[a-z][a-z0-9+]{1,12}:\/\/(?:[^\s/@"']{1,200}@)?([^\s/"'#)>,]{1,255})/g)].map(
    ([, host = '']) => ({ kind: 'source', name: `packages from ${host.toLowerCase()}` }),
  );
}
