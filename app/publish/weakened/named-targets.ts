import { foldPath } from '../gate/fold-path.ts';

/** What the commands of the checks name in the repository. */
export interface NamedTargets {
  /** Folded paths of the programs and scripts that they run, not of files that they only look at. */
  readonly paths: readonly string[];
  /** Scripts of `package.json`. */
  readonly scripts: readonly string[];
  /** Targets of make, just, task and rake, with the program that runs them. */
  readonly targets: ReadonlyMap<string, readonly string[]>;
}

const PACKAGE_MANAGERS = ['npm', 'pnpm', 'yarn', 'bun'];
const TARGET_PROGRAMS = ['make', 'gmake', 'just', 'task', 'rake', 'mage', 'invoke', 'poe'];
/** Words of a package manager that are no scripts. */
const OWN_WORDS = ['run', 'run-script', 'exec', 'ci', 'install', 'i', '--'];

/** Reads commands as a shell would split them, as far as that is needed to know what they run. */
export function readNamedTargets(commands: readonly string[]): NamedTargets {
  const paths = new Set<string>();
  const scripts = new Set<string>(['test', 'pretest', 'posttest']);
  const targets = new Map<string, string[]>();
  for (const command of commands.flatMap((text) => text.split(/&&|\|\||[;|\n]/))) {
    const words = command
      .trim()
      .split(/\s+/)
      .map((word) => word.replaceAll(/^['"]|['"]$/g, ''));
    const script = findScript(words);
    if (script !== null) {
      paths.add(foldPath(script.replace(/^(?:\.\/)+/, '')));
    }
    const at = words.findIndex((word) => [...PACKAGE_MANAGERS, ...TARGET_PROGRAMS].includes(word));
    const program = words[at] ?? '';
    const rest = words.slice(at + 1).filter((word) => !word.startsWith('-') && !OWN_WORDS.includes(word));
    if (PACKAGE_MANAGERS.includes(program)) {
      const named = rest[0] === 't' ? 'test' : rest[0];
      [named, `pre${named}`, `post${named}`].forEach((name) => name !== undefined && scripts.add(name));
    } else if (TARGET_PROGRAMS.includes(program)) {
      targets.set(program, [...(targets.get(program) ?? []), ...rest]);
    }
  }
  return { paths: [...paths], scripts: [...scripts], targets };
}

const INTERPRETER = /^(?:sh|bash|dash|zsh|source|\.|node|deno|bun|tsx|ts-node|python[\d.]*|ruby|perl|php|pwsh|env)$/;

/** The program itself, or the first thing that an interpreter is given. */
function findScript(words: readonly string[]): string | null {
  const [program = '', ...rest] = words.filter((word) => !/^\w+=/.test(word));
  const name = program.split('/').at(-1) ?? '';
  const script = INTERPRETER.test(name) ? rest.find((word) => !word.startsWith('-')) : program;
  return script !== undefined && /^[\w.@/-]+$/.test(script) ? script : null;
}
