import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const LAYER_1 = ['protocol', 'app/config', 'app/task', 'app/command', 'app/budget', 'app/text'];
const LAYER_2 = ['app/store', 'app/queue', 'app/github', 'app/git', 'app/compute', 'app/telemetry'];
const LOWER = [...LAYER_1, ...LAYER_2];

/** Which module may import which; a module may always import itself. Quoted in docs/architecture.md. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  'app/config': ['protocol', 'app/task', 'app/budget'],
  'app/task': ['protocol'],
  'app/command': ['protocol', 'app/config', 'app/task'],
  'app/budget': ['protocol', 'app/task'],
  'app/text': ['protocol'],
  'app/store': ['protocol', 'app/config', 'app/task', 'app/budget'],
  'app/queue': ['protocol', 'app/store', 'app/task'],
  'app/github': ['protocol', 'app/config', 'app/task'],
  'app/git': ['protocol', 'app/config', 'app/task', 'app/text'],
  'app/compute': ['protocol', 'app/config', 'app/task'],
  'app/telemetry': ['protocol', 'app/task', 'app/text'],
  'app/control': LOWER,
  'app/admission': [...LOWER, 'app/control'],
  'app/hydration': LOWER,
  'app/publish': LOWER,
  'app/orchestrator': [...LOWER, 'app/hydration', 'app/publish'],
  'app/report': LOWER,
  'app/intake': [...LOWER, 'app/admission'],
  'app/door': LOWER,
  'app/dashboard': [...LOWER, 'app/control', 'app/admission'],
  worker: ['protocol'],
  demo: ['protocol'],
  'app/cli': ['*'],
  'app/main': ['*'],
  action: ['*'],
};

export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Every relative import of the source files below the folders, as paths from the project's root. */
export function readImports(root: string, folders = 'protocol,app,worker,action,demo'): Import[] {
  const files = globSync(`{${folders}}/**/*.{ts,mjs}`, { cwd: root }).filter(
    (file) => !file.startsWith('action/dist/') && !file.startsWith('demo/sample/'),
  );
  return files.flatMap((file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    const targets = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] as string);
    return targets.map((target) => ({ from: file, to: path.normalize(path.join(path.dirname(file), target)) }));
  });
}

/** The module a file belongs to: the longest key that contains it. */
export function moduleOf(file: string): string | null {
  if (file === 'app/main.ts' || file.startsWith('app/main/')) {
    return 'app/main';
  }
  const modules = Object.keys(MAY_IMPORT).filter((module) => file.startsWith(`${module}/`));
  return modules.toSorted((a, b) => b.length - a.length)[0] ?? null;
}

/** One sentence for each import that crosses a border the table does not open. */
export function findViolations(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to }) => {
    const [source, target] = [moduleOf(from), moduleOf(to)];
    if (source === null) {
      return [`${from} is in no module of the table`];
    }
    const allowed = MAY_IMPORT[source] ?? [];
    if (source === target || allowed.includes('*') || (target !== null && allowed.includes(target))) {
      return [];
    }
    return [`${from} imports ${to}: ${source} may import only ${allowed.join(', ') || 'itself'}`];
  });
}

/** The files of every group that import each other, types included; one list for each group. */
export function findCycles(imports: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) {
    targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[][] = [];
  function visit(file: string, path: readonly string[]): void {
    if (state.get(file) === 'open') {
      cycles.push(path.slice(path.indexOf(file)));
    }
    if (state.has(file)) {
      return;
    }
    state.set(file, 'open');
    (targets.get(file) ?? []).forEach((target) => visit(target, [...path, file]));
    state.set(file, 'done');
  }
  [...targets.keys()].forEach((file) => visit(file, []));
  return cycles;
}
