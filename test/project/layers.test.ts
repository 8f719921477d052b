import { expect, test } from 'vitest';
import { findCycles, findViolations, MAY_IMPORT, readImports } from './layers.ts';

const root = new URL('../..', import.meta.url).pathname;

test('every import goes down the layers', () => {
  expect(findViolations(readImports(root))).toEqual([]);
});

test('a worker that imports from the app is found', () => {
  expect(findViolations([{ from: 'worker/main.ts', to: 'app/task/task.ts' }])).toEqual([
    'worker/main.ts imports app/task/task.ts: worker may import only protocol',
  ]);
});

test('an orchestrator that imports a reporter is found', () => {
  expect(findViolations([{ from: 'app/orchestrator/run-task.ts', to: 'app/report/reporter.ts' }])).toHaveLength(1);
});

test('the import table has no cycle', () => {
  const done = new Set<string>();
  function visit(module: string, path: readonly string[]): void {
    expect(path, `modules import each other: ${[...path, module].join(' → ')}`).not.toContain(module);
    for (const next of MAY_IMPORT[module] ?? []) {
      if (next !== '*' && !done.has(next)) {
        visit(next, [...path, module]);
      }
    }
    done.add(module);
  }
  Object.keys(MAY_IMPORT).forEach((module) => visit(module, []));
});

test('no files import each other, not even for a type', () => {
  expect(findCycles(readImports(root, 'protocol,app,worker,action,demo,bench,scripts,test'))).toEqual([]);
});

test('a type that two files take from each other is found', () => {
  const imports = [
    { from: 'a.ts', to: 'b.ts' },
    { from: 'b.ts', to: 'c.ts' },
    { from: 'c.ts', to: 'b.ts' },
  ];
  expect(findCycles(imports)).toEqual([['b.ts', 'c.ts']]);
});
