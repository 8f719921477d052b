import { fact, newNames, type InstallFact } from './install-fact.ts';

interface Texts {
  readonly before: string;
  readonly after: string;
}

type Json = Readonly<Record<string, unknown>>;

const NO_JSON = [fact('unreadable', 'it is not a JSON object')];

/** Fields of package.json that name packages. */
const NPM_DEPENDENCIES = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
  'bundledDependencies',
  'bundleDependencies',
];
/** Scripts that a package manager runs on its own when it installs. */
const INSTALL_SCRIPTS = /^(?:preinstall|install|postinstall|preprepare|prepare|postprepare|prepublish|dependencies)$/;
/** Scripts that npm runs around others of its own. */
const NPM_COMMANDS = new Set([
  'install',
  'uninstall',
  'publish',
  'pack',
  'prepare',
  'version',
  'test',
  'start',
  'stop',
  'restart',
  'shrinkwrap',
  'rebuild',
  'ci',
]);
/** Fields that say which packages may run scripts, which are replaced by others, and which program installs. */
const NPM_RULES = [
  'overrides',
  'resolutions',
  'pnpm',
  'trustedDependencies',
  'onlyBuiltDependencies',
  'allowScripts',
  'packageManager',
  'devEngines',
  'gypfile',
  'husky',
  'lint-staged',
  'simple-git-hooks',
  'gitHooks',
  'pre-commit',
];

export function readNpmManifest({ after, before }: Texts): readonly InstallFact[] {
  const now = parse(after);
  if (now === null) {
    return NO_JSON;
  }
  const was = parse(before) ?? {};
  return [...changedScripts(was, now), ...changedPackages(was, now), ...changedFields(NPM_RULES, { was, now })];
}

function changedScripts(was: Json, now: Json): InstallFact[] {
  const scripts = objectOf(now['scripts']);
  const known = objectOf(was['scripts']);
  return Object.entries(scripts)
    .filter(([name, command]) => runsByItself(name, scripts) && known[name] !== command)
    .map(([name, command]) => fact('script', `${name}: ${shown(command)}`));
}

/** Whether installing runs it, or another script of the manifest or npm does, before or after itself. */
function runsByItself(name: string, scripts: Json): boolean {
  const [, around = ''] = /^(?:pre|post)(.+)$/.exec(name) ?? [];
  return INSTALL_SCRIPTS.test(name) || NPM_COMMANDS.has(around) || Object.hasOwn(scripts, around);
}

function changedPackages(was: Json, now: Json): InstallFact[] {
  const known = packagesOf(was, NPM_DEPENDENCIES);
  const facts = [...packagesOf(now, NPM_DEPENDENCIES)].flatMap(([name, wanted]) => {
    const before = known.get(name);
    if (before === undefined) {
      return [fact('dependency', wanted === '' ? name : `${name} ${wanted}`)];
    }
    return before !== wanted && /[:/]/.test(wanted) ? [fact('source', `${name} from ${wanted}`)] : [];
  });
  return facts;
}

/** Package → version or place it is wanted from. */
function packagesOf(manifest: Json, fields: readonly string[]): Map<string, string> {
  const packages = new Map<string, string>();
  for (const field of fields) {
    const value = manifest[field];
    const entries = Array.isArray(value)
      ? value.map((name) => [String(name), ''] as const)
      : Object.entries(objectOf(value));
    for (const [name, wanted] of entries) {
      if (!packages.has(name) || packages.get(name) === '') {
        packages.set(name, shown(wanted));
      }
    }
  }
  return packages;
}

function changedFields(fields: readonly string[], { now, was }: { was: Json; now: Json }): InstallFact[] {
  return fields
    .filter((field) => JSON.stringify(was[field]) !== JSON.stringify(now[field]))
    .map((field) => fact('source', `${field}: ${shown(now[field])}`));
}

interface Locked {
  readonly scripts: ReadonlySet<string>;
  readonly hosts: ReadonlySet<string>;
}

export function readNpmLock({ after, before }: Texts): readonly InstallFact[] {
  const now = parse(after);
  if (now === null) {
    return NO_JSON;
  }
  const [known, found] = [lockedOf(parse(before) ?? {}), lockedOf(now)];
  return [
    ...newNames('script', { before: known.scripts, after: found.scripts }),
    ...newNames('source', { before: known.hosts, after: found.hosts }),
  ];
}

/** Packages of a lock file that run scripts when they are installed, and the hosts that all come from. */
function lockedOf(lock: Json): Locked {
  const scripts = new Set<string>();
  const hosts = new Set<string>();
  const open: [string, Json][] = [
    ...Object.entries(objectOf(lock['packages'])).map(([path, entry]) => [path, objectOf(entry)] as [string, Json]),
    ...Object.entries(objectOf(lock['dependencies'])).map(([name, entry]) => [name, objectOf(entry)] as [string, Json]),
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, entry] = next;
    const name = path.split('node_modules/').at(-1) ?? path;
    if (entry['hasInstallScript'] === true && path !== '') {
      scripts.add(`${name} runs a script when it is installed`);
    }
    const { resolved } = entry;
    if (typeof resolved === 'string' && entry['link'] !== true) {
      hosts.add(`packages from ${hostOf(resolved)}`);
    }
    for (const [inner, value] of Object.entries(objectOf(entry['dependencies']))) {
      // In a lock file of the second and third kind these are version ranges.
      if (typeof value === 'object') {
        open.push([inner, objectOf(value)]);
      }
    }
  }
  return { scripts, hosts };
}

export function readComposer({ after, before }: Texts): readonly InstallFact[] {
  const now = parse(after);
  if (now === null) {
    return NO_JSON;
  }
  const was = parse(before) ?? {};
  const [known, found] = [was, now].map((manifest) => packagesOf(manifest, ['require', 'require-dev']).keys());
  const scripts = objectOf(now['scripts']);
  const knownScripts = objectOf(was['scripts']);
  return [
    ...Object.keys(scripts)
      .filter((name) => JSON.stringify(scripts[name]) !== JSON.stringify(knownScripts[name]))
      .map((name) => fact('script', `${name}: ${shown(scripts[name])}`)),
    ...newNames('dependency', { before: known ?? [], after: found ?? [] }),
    ...changedFields(['repositories', 'config'], { was, now }),
  ];
}

export function readComposerLock({ after, before }: Texts): readonly InstallFact[] {
  const now = parse(after);
  return now === null
    ? NO_JSON
    : newNames('source', { before: composerHosts(parse(before) ?? {}), after: composerHosts(now) });
}

function composerHosts(lock: Json): string[] {
  const packages = ['packages', 'packages-dev'].flatMap((field) => (Array.isArray(lock[field]) ? lock[field] : []));
  return packages.flatMap((entry) =>
    ['dist', 'source'].flatMap((field) => {
      const { url } = objectOf(objectOf(entry)[field]);
      return typeof url === 'string' ? [`packages from ${hostOf(url)}`] : [];
    }),
  );
}

function hostOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/]*)/i.exec(url)?.[1]?.toLowerCase() ?? url;
}

function parse(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'removed');
}
