import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { TRANSITIONS } from '../../app/task/transitions.ts';
import { TERMINAL_STATES, WAIT_REASONS } from '../../protocol/index.ts';
import { MAY_IMPORT } from './layers.ts';

const root = new URL('../..', import.meta.url).pathname;

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

describe('docs/states.md', () => {
  const edges = [...read('docs/states.md').matchAll(/^\s+(\S+) --> (\S+?)(?::.*)?$/gm)].map(
    ([, from = '', to = '']) => `${from} → ${to}`,
  );

  test('draws every transition of the table and no other', () => {
    const table = Object.entries(TRANSITIONS).flatMap(([from, targets]) => targets.map((to) => `${from} → ${to}`));
    const ends = TERMINAL_STATES.map((state) => `${state} → [*]`);
    expect(edges.toSorted()).toEqual([...table, '[*] → SUBMITTED', ...ends].toSorted());
  });

  test('explains every reason to wait', () => {
    const explained = [...read('docs/states.md').matchAll(/^\| `([a-z]+)`/gm)].map((match) => match[1] ?? '');
    expect(explained.toSorted()).toEqual([...WAIT_REASONS].toSorted());
  });
});

test('docs/security.md explains every code of the gate', () => {
  const codes = globSync('app/publish/gate/*.ts', { cwd: root }).flatMap((file) =>
    [...read(file).matchAll(/code: '([A-Z_0-9]+)'/g)].map((match) => match[1] ?? ''),
  );
  expect(codes.length).toBeGreaterThan(5);
  const explained = read('docs/security.md');
  expect(codes.filter((code) => !explained.includes(`\`${code}\``))).toEqual([]);
});

test('docs/architecture.md describes every module', () => {
  const text = read('docs/architecture.md');
  const questions = text.slice(0, text.indexOf('Who may import whom'));
  expect(Object.keys(MAY_IMPORT).filter((module) => !questions.includes(`\`${module}/\``))).toEqual([]);
});

test('docs/action-workflow.yml gives only inputs that the Action has', () => {
  const { inputs } = parse(read('action.yml')) as { inputs: Record<string, unknown> };
  const { jobs } = parse(read('docs/action-workflow.yml')) as {
    jobs: { bosun: { steps: { uses?: string; with?: Record<string, unknown> }[] } };
  };
  const step = jobs.bosun.steps.find(({ uses }) => uses?.includes('/bosun@'));
  const given = Object.keys(step?.with ?? {});
  expect(given).toContain('anthropic_api_key');
  expect(given.filter((name) => !(name in inputs))).toEqual([]);
});

test('every link between files of the project leads somewhere', () => {
  const pages = globSync('{*.md,docs/**/*.md}', { cwd: root });
  const dead = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !leadsSomewhere(page, target))
      .map((target) => `${page}: ${target}`),
  );
  expect(dead).toEqual([]);
});

function leadsSomewhere(page: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const found = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(path.join(root, found))) {
    return false;
  }
  return anchor === undefined || headingsOf(read(found)).includes(anchor);
}

/** As GitHub names them. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
