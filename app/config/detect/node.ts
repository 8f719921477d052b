import { present, readJson, stringsOf } from './ecosystem.ts';
import type { DetectedProject, DetectOptions, Ecosystem, ProjectDirectory } from './ecosystem.ts';

type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun';

interface Install {
  readonly manager: Manager;
  readonly because: string;
  readonly commands: readonly string[];
}

const INPUTS = ['package.json', '.npmrc', '.yarnrc', '.yarnrc.yml', 'pnpm-workspace.yaml', '.pnpmfile.cjs'];

/** npm, pnpm, yarn and bun, by their lock file. Managers that Node does not bring are installed below `$HOME/.local`. */
export const node: Ecosystem = {
  name: 'Node.js',
  isProject: (names) => names.has('package.json'),
  detect: async (project, options) => {
    const manifest = await readJson(project, 'package.json');
    const install = await chooseInstall(project, { manifest, options });
    return {
      because: install?.because ?? 'package.json',
      setup: install?.commands ?? [],
      verify: testCommand(manifest, install?.manager ?? 'npm'),
      inputs: install === null ? [] : [...new Set([install.because, ...present(project, INPUTS)])],
    } satisfies DetectedProject;
  },
};

async function chooseInstall(
  project: ProjectDirectory,
  given: { manifest: Record<string, unknown>; options: DetectOptions },
): Promise<Install | null> {
  const ignore = given.options.installScripts ? '' : ' --ignore-scripts';
  const [npmLock] = present(project, ['package-lock.json', 'npm-shrinkwrap.json']);
  if (npmLock !== undefined) {
    return { manager: 'npm', because: npmLock, commands: [`npm ci --no-audit --no-fund${ignore}`] };
  }
  if (project.names.has('pnpm-lock.yaml')) {
    const version = pinned(given.manifest, 'pnpm') ?? pnpmOf(await project.read('pnpm-lock.yaml'));
    const commands = [installTool(`pnpm@${version}`), `pnpm install --frozen-lockfile${ignore}`];
    return { manager: 'pnpm', because: 'pnpm-lock.yaml', commands };
  }
  if (project.names.has('yarn.lock')) {
    return { manager: 'yarn', because: 'yarn.lock', commands: await yarnCommands(project, given) };
  }
  const [bunLock] = present(project, ['bun.lock', 'bun.lockb']);
  if (bunLock !== undefined) {
    const commands = [
      installTool(`bun@${pinned(given.manifest, 'bun') ?? 'latest'}`),
      `bun install --frozen-lockfile${ignore}`,
    ];
    return { manager: 'bun', because: bunLock, commands };
  }
  // Without a lock file the newest versions that fit are taken, and no lock file is left behind.
  return hasDependencies(given.manifest)
    ? {
        manager: 'npm',
        because: 'package.json',
        commands: [`npm install --no-package-lock --no-audit --no-fund${ignore}`],
      }
    : null;
}

async function yarnCommands(
  project: ProjectDirectory,
  given: { manifest: Record<string, unknown>; options: DetectOptions },
): Promise<string[]> {
  const lock = (await project.read('yarn.lock')) ?? '';
  if (/^# yarn lockfile v1/m.test(lock)) {
    const ignore = given.options.installScripts ? '' : ' --ignore-scripts';
    return [installTool('yarn@1'), `yarn install --frozen-lockfile --non-interactive${ignore}`];
  }
  const release = /^yarnPath:\s*["']?([\w./-]+)/m.exec((await project.read('.yarnrc.yml')) ?? '')?.[1];
  const mode = given.options.installScripts ? '' : ' --mode=skip-build';
  if (release !== undefined) {
    return [`node ${release} install --immutable${mode}`];
  }
  const version = pinned(given.manifest, 'yarn') ?? '4';
  return [installTool(`@yarnpkg/cli-dist@${version}`), `yarn install --immutable${mode}`];
}

function installTool(spec: string): string {
  return `npm install --global --prefix "$HOME/.local" --no-audit --no-fund ${spec}`;
}

/** Version of the `packageManager` field, without its hash. */
function pinned(manifest: Record<string, unknown>, manager: Manager): string | null {
  const field = typeof manifest['packageManager'] === 'string' ? manifest['packageManager'] : '';
  return new RegExp(`^${manager}@(\\d+\\.\\d+\\.\\d+(?:-[\\w.]+)?)(?:\\+|$)`).exec(field)?.[1] ?? null;
}

function pnpmOf(lock: string | null): string {
  const version = /^lockfileVersion:\s*'?([\d.]+)/m.exec(lock ?? '')?.[1] ?? '9.0';
  const major = Number(version.split('.')[0]);
  if (major >= 9) {
    return '10';
  }
  return major >= 6 ? '8' : '7';
}

function hasDependencies(manifest: Record<string, unknown>): boolean {
  const groups = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  const isWorkspace = manifest['workspaces'] !== undefined;
  return isWorkspace || groups.some((group) => Object.keys(stringsOf(manifest[group])).length > 0);
}

function testCommand(manifest: Record<string, unknown>, manager: Manager): string | null {
  const script = stringsOf(manifest['scripts'])['test']?.trim() ?? '';
  if (script === '' || /no test specified/.test(script)) {
    return null;
  }
  return manager === 'bun' ? 'bun run test' : `${manager} test`;
}
