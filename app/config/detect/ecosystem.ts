/** The files of one commit, as detection sees them. */
export interface TreeFiles {
  /** Every file, relative to the root of the repository, with `/` between its parts. */
  readonly paths: readonly string[];
  /** Text of a file; null when there is no such file or it is not readable text of a reasonable size. */
  readonly readFile: (path: string) => Promise<string | null>;
}

/** One directory that an ecosystem may be at home in. */
export interface ProjectDirectory {
  /** Relative to the root, empty for the root itself. */
  readonly directory: string;
  /** Names of the files directly in it. */
  readonly names: ReadonlySet<string>;
  readonly tree: TreeFiles;
  /** Reads a file of this directory. */
  readonly read: (name: string) => Promise<string | null>;
}

export interface DetectOptions {
  /** False: installers are told not to run the install scripts of packages, where they have such an option. */
  readonly installScripts: boolean;
}

/** What one ecosystem wants in one directory. Commands run in that directory. */
export interface DetectedProject {
  /** The file that decided it, such as `package-lock.json`. */
  readonly because: string;
  readonly setup: readonly string[];
  readonly verify: string | null;
  /** Files of the directory whose content decides what set-up leaves behind. */
  readonly inputs: readonly string[];
}

export interface Ecosystem {
  readonly name: string;
  /** Whether a directory with these files is one of its projects. */
  readonly isProject: (names: ReadonlySet<string>) => boolean;
  readonly detect: (project: ProjectDirectory, options: DetectOptions) => Promise<DetectedProject | null>;
}

const MAX_BELOW = 500;

/** Those of `names` that are there. */
export function present(project: ProjectDirectory, names: readonly string[]): string[] {
  return names.filter((name) => project.names.has(name));
}

/** Files at any depth below the directory whose name fits, relative to it. */
export function findBelow(project: ProjectDirectory, name: RegExp): string[] {
  const prefix = project.directory === '' ? '' : `${project.directory}/`;
  return project.tree.paths
    .filter((path) => path.startsWith(prefix) && name.test(path.slice(path.lastIndexOf('/') + 1)))
    .map((path) => path.slice(prefix.length))
    .slice(0, MAX_BELOW);
}

export async function readJson(project: ProjectDirectory, name: string): Promise<Record<string, unknown>> {
  const text = await project.read(name);
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

export function stringsOf(value: unknown): Record<string, string> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
