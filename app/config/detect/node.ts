import { present, readJson, stringsOf } from './ecosystem.ts';
import type { DetectedProject, DetectOptions, Ecosystem, ProjectDirectory } from './ecosystem.ts';

type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun';

interface Install {
  readonly because: string;
  readonly commands: readonly string[];
  /** Runs the `test` script. */
  readonly test: string;
}

interface Given {
  readonly manifest: Record<string, unknown>;
  readonly options: DetectOptions;
}

const INPUTS = ['package.json', '.npmrc', '.yarnrc', '.yarnrc.yml', 'pnpm-workspace.yaml', '.pnpmfile.cjs'];

/** npm, pnpm, yarn and bun, by their lock file. Managers that Node does not bring are installed below `$HOME/.local`. */
export const node: Ecosystem = {
  name: 'Node.js',
  isProject: (names) => names.has('package.json'),
  detect: async (project, options) => {
    const manifest = await readJson(project, 'package.json');
    const install = await chooseInstall(project, { manifest, options });
    const verify = testCommand(manifest, install?.test ?? 'npm test');
    const major = neededMajor(manifest);
    const isNeeded = major !== null && (install !== null || verify !== null);
    return {
      because: install?.because ?? 'package.json',
      setup: [...(isNeeded ? [provideNode(major)] : []), ...(install?.commands ?? [])],
      verify,
      inputs: install === null ? [] : [...new Set([install.because, ...present(project, INPUTS)])],
    } satisfies DetectedProject;
  },
};

const LOCK_FILES: readonly (readonly [Manager, readonly string[]])[] = [
  ['npm', ['package-lock.json', 'npm-shrinkwrap.json']],
  ['pnpm', ['pnpm-lock.yaml']],
  ['yarn', ['yarn.lock']],
  ['bun', ['bun.lock', 'bun.lockb']],
];

/** With lock files of several managers the one that `packageManager` names counts, else the first. */
async function chooseInstall(project: ProjectDirectory, given: Given): Promise<Install | null> {
  const named = managerOf(given.manifest);
  const locks = LOCK_FILES.flatMap(([manager, names]) =>
    present(project, names)
      .slice(0, 1)
      .map((because) => ({ manager, because })),
  );
  const lock = locks.find(({ manager }) => manager === named) ?? locks[0];
  if (lock === undefined) {
    return hasDependencies(given.manifest) ? installUnlocked(named ?? 'npm', given) : null;
  }
  const ignore = ignoreScripts(given);
  switch (lock.manager) {
    case 'npm':
      return { because: lock.because, commands: [`npm ci --no-audit --no-fund${ignore}`], test: 'npm test' };
    case 'pnpm': {
      const version = pinned(given.manifest, 'pnpm') ?? pnpmOf(await project.read('pnpm-lock.yaml'));
      const commands = [installTool(`pnpm@${version}`), `pnpm install --frozen-lockfile${ignore}`];
      return { because: lock.because, commands, test: 'pnpm test' };
    }
    case 'yarn':
      return installWithYarn(project, given);
    case 'bun': {
      const tool = installTool(`bun@${pinned(given.manifest, 'bun') ?? 'latest'}`);
      const commands = [tool, `bun install --frozen-lockfile${ignore}`];
      return { because: lock.because, commands, test: 'bun run test' };
    }
  }
}

/** Without a lock file the newest versions that fit are taken, and no lock file is left behind. */
function installUnlocked(manager: Manager, given: Given): Install {
  const because = 'package.json';
  const ignore = ignoreScripts(given);
  const version = pinned(given.manifest, manager);
  switch (manager) {
    case 'npm':
      return {
        because,
        commands: [`npm install --no-package-lock --no-audit --no-fund${ignore}`],
        test: 'npm test',
      };
    case 'pnpm':
      return {
        because,
        commands: [installTool(`pnpm@${version ?? '10'}`), `pnpm install --no-lockfile${ignore}`],
        test: 'pnpm test',
      };
    case 'yarn':
      return version === null || version.startsWith('1.')
        ? {
            because,
            commands: [installTool('yarn@1'), `yarn install --no-lockfile --non-interactive${ignore}`],
            test: 'yarn test',
          }
        : {
            because,
            commands: [installTool(`@yarnpkg/cli-dist@${version}`), `yarn install --no-immutable${skipBuilds(given)}`],
            test: 'yarn test',
          };
    case 'bun':
      return {
        because,
        commands: [installTool(`bun@${version ?? 'latest'}`), `bun install --no-save${ignore}`],
        test: 'bun run test',
      };
  }
}

async function installWithYarn(project: ProjectDirectory, given: Given): Promise<Install> {
  const because = 'yarn.lock';
  const lock = (await project.read('yarn.lock')) ?? '';
  if (/^# yarn lockfile v1/m.test(lock)) {
    const install = `yarn install --frozen-lockfile --non-interactive${ignoreScripts(given)}`;
    return { because, commands: [installTool('yarn@1'), install], test: 'yarn test' };
  }
  const immutable = `install --immutable${skipBuilds(given)}`;
  const release = /^yarnPath:\s*["']?([\w./-]+)/m.exec((await project.read('.yarnrc.yml')) ?? '')?.[1];
  if (release !== undefined && project.tree.paths.includes(joinPath(project.directory, release))) {
    // Nothing else of that name may be installed: this one is called by its path
    return { because, commands: [`node ${release} ${immutable}`], test: `node ${release} test` };
  }
  const version = pinned(given.manifest, 'yarn') ?? '4';
  return {
    because,
    commands: [installTool(`@yarnpkg/cli-dist@${version}`), `yarn ${immutable}`],
    test: 'yarn test',
  };
}

function ignoreScripts({ options }: Given): string {
  return options.installScripts ? '' : ' --ignore-scripts';
}

/** What yarn has from version 2 on instead of `--ignore-scripts`. */
function skipBuilds({ options }: Given): string {
  return options.installScripts ? '' : ' --mode=skip-build';
}

/** Older ones are on every machine that runs workers. */
const OLDEST_NEEDED = 20;

/**
 * The lowest major version of Node.js that `engines` accepts, where workers may have an older one: the smallest of its
 * alternatives. Null for ranges that say something else.
 */
function neededMajor(manifest: Record<string, unknown>): number | null {
  const range = stringsOf(manifest['engines'])['node'] ?? '';
  const majors = range.split('||').map((alternative) => /^\s*(?:>=|[~^=v])*\s*v?(\d{1,2})\b/.exec(alternative)?.[1]);
  const lowest = majors.includes(undefined) ? NaN : Math.min(...majors.map(Number));
  return lowest >= OLDEST_NEEDED ? lowest : null;
}

/**
 * A newer Node.js below the home, where the worker has an older one: the package `node` ships the program. Without it the
 * set-up goes on, because many ranges ask for more than is needed.
 */
function provideNode(major: number): string {
  const test = `node -e 'process.exit(+(parseInt(process.versions.node) < ${major}))'`;
  return `${test} || ${installTool(`node@${major}`)} || true`;
}

function joinPath(directory: string, file: string): string {
  return directory === '' ? file : `${directory}/${file}`;
}

function managerOf(manifest: Record<string, unknown>): Manager | null {
  const field = typeof manifest['packageManager'] === 'string' ? manifest['packageManager'] : '';
  return (['npm', 'pnpm', 'yarn', 'bun'] as const).find((manager) => field.startsWith(`${manager}@`)) ?? null;
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

function testCommand(manifest: Record<string, unknown>, test: string): string | null {
  const script = stringsOf(manifest['scripts'])['test']?.trim() ?? '';
  if (script === '' || /no test specified/.test(script)) {
    return null;
  }
  return test;
}
