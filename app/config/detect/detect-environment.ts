import { node } from './node.ts';
import { OTHER_ECOSYSTEMS } from './other-ecosystems.ts';
import { python } from './python.ts';
import type { DetectedProject, DetectOptions, Ecosystem, ProjectDirectory, TreeFiles } from './ecosystem.ts';

/** What the files of a repository say about installing its dependencies and running its tests. */
export interface DetectedEnvironment {
  /** Shell commands, run one after the other in the root of a fresh clone. Empty when nothing is to be installed. */
  readonly setup: readonly string[];
  /** Shell command that runs the tests; null when none was found. */
  readonly verify: string | null;
  /** The files that decided, such as `package-lock.json` or `web/pnpm-lock.yaml`. */
  readonly because: readonly string[];
  /** Files whose content decides what set-up leaves behind, sorted. */
  readonly inputs: readonly string[];
  /** Names of the ecosystems, such as `Node.js`. */
  readonly ecosystems: readonly string[];
}

const ECOSYSTEMS: readonly Ecosystem[] = [node, python, ...OTHER_ECOSYSTEMS];
/** Projects of one ecosystem side by side are all set up, up to this many. */
const MAX_PROJECTS = 4;
const MAX_DEPTH = 3;
/** Directories whose projects are material for others, and not what the repository is about. */
const MATERIAL =
  /(^|\/)(\.[^/]+|node_modules|vendor|third[-_]party|examples?|samples?|demos?|fixtures?|testdata|tests?|__tests__|spec|benchmarks?|templates?|e2e|docs?|website)(\/|$)/i;

/**
 * Detects from a tree how to set up a repository and how to run its tests. Each ecosystem is looked for on its own: at
 * the root, or in the directories nearest to it. With `below`, the nearest project at or above that directory counts,
 * because that is where a workspace has its lock file, else those below it.
 */
export async function detectEnvironment(
  tree: TreeFiles,
  options: DetectOptions & { below: string | null },
): Promise<DetectedEnvironment> {
  const directories = groupByDirectory(tree.paths);
  const found: { name: string; directory: string; project: DetectedProject }[] = [];
  for (const ecosystem of ECOSYSTEMS) {
    const isProject = (directory: string): boolean => ecosystem.isProject(directories.get(directory) ?? new Set());
    for (const directory of chooseDirectories(directories, { isProject, below: options.below })) {
      const project = await ecosystem.detect(describeDirectory(directory, directories, tree), options);
      if (project !== null) {
        found.push({ name: ecosystem.name, directory, project });
      }
    }
  }
  const inside = (directory: string, command: string): string =>
    directory === '' ? command : `cd ${quote(directory)} && ${command}`;
  const verify = found.flatMap(({ directory, project }) =>
    project.verify === null ? [] : [{ directory, command: project.verify }],
  );
  const tests = verify.length > 0 ? verify : await makeTests(tree, directories);
  return {
    setup: found.flatMap(({ directory, project }) => project.setup.map((command) => inside(directory, command))),
    verify: joinTests(tests.map(({ directory, command }) => inside(directory, command))),
    because: found.map(({ directory, project }) => joinPath(directory, project.because)),
    inputs: found.flatMap(({ directory, project }) => project.inputs.map((name) => joinPath(directory, name))).sort(),
    ecosystems: [...new Set(found.map(({ name }) => name))],
  };
}

function chooseDirectories(
  directories: ReadonlyMap<string, ReadonlySet<string>>,
  given: { isProject: (directory: string) => boolean; below: string | null },
): string[] {
  const { below, isProject } = given;
  if (below !== null) {
    const nearest = ancestorsOf(below).find(isProject);
    if (nearest !== undefined) {
      return [nearest];
    }
  } else if (isProject('')) {
    return [''];
  }
  const start = below ?? '';
  const prefix = start === '' ? '' : `${start}/`;
  const candidates = [...directories.keys()]
    .filter((directory) => directory !== start && directory.startsWith(prefix))
    .map((directory) => ({ directory, rest: directory.slice(prefix.length) }))
    .filter(({ rest }) => depthOf(rest) <= MAX_DEPTH && !MATERIAL.test(rest))
    .map(({ directory }) => directory)
    .filter(isProject);
  const nearest = Math.min(...candidates.map(depthOf));
  return candidates
    .filter((directory) => depthOf(directory) === nearest)
    .sort()
    .slice(0, MAX_PROJECTS);
}

/** The directory itself first, then those above it, the root last. */
function ancestorsOf(directory: string): string[] {
  const parts = directory.split('/');
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join('/')), ''];
}

function describeDirectory(
  directory: string,
  directories: ReadonlyMap<string, ReadonlySet<string>>,
  tree: TreeFiles,
): ProjectDirectory {
  return {
    directory,
    names: directories.get(directory) ?? new Set(),
    tree,
    read: (name) => tree.readFile(joinPath(directory, name)),
  };
}

function groupByDirectory(paths: readonly string[]): Map<string, Set<string>> {
  const directories = new Map<string, Set<string>>();
  for (const path of paths) {
    const slash = path.lastIndexOf('/');
    const directory = slash < 0 ? '' : path.slice(0, slash);
    const names = directories.get(directory) ?? new Set<string>();
    names.add(path.slice(slash + 1));
    directories.set(directory, names);
  }
  return directories;
}

/** `make test` or `make check`, where no ecosystem knows how to run the tests and the Makefile does. */
async function makeTests(
  tree: TreeFiles,
  directories: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<{ directory: string; command: string }[]> {
  const name = ['GNUmakefile', 'Makefile', 'makefile'].find((file) => directories.get('')?.has(file) === true);
  const text = name === undefined ? null : await tree.readFile(name);
  const target = ['test', 'check'].find((known) => new RegExp(`^${known}\\s*:(?!=)`, 'm').test(text ?? ''));
  return target === undefined ? [] : [{ directory: '', command: `make ${target}` }];
}

/** One alone stays as it is; several are each run in a shell of their own, so that `cd` does not add up. */
function joinTests(commands: readonly string[]): string | null {
  if (commands.length <= 1) {
    return commands[0] ?? null;
  }
  return commands.map((command) => (command.startsWith('cd ') ? `(${command})` : command)).join(' && ');
}

function joinPath(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

function depthOf(directory: string): number {
  return directory.split('/').length;
}

/** For `/bin/sh`. Names of directories come from the repository. */
function quote(text: string): string {
  return /^[\w./@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
