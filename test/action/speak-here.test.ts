import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { REPLACEMENTS, adaptReport } from '../../action/run/adapt-reports.ts';

const root = new URL('../..', import.meta.url).pathname;
const reports = globSync('test/fixture/report/*.md', { cwd: root }).map((file) => ({
  file,
  text: readFileSync(`${root}${file}`, 'utf8'),
}));
/** Waits that no task of a workflow run has; see end-pauses.ts. */
const NOT_HERE = /(paused|paused-budget|question|waiting-slot|waiting-budget)\.md$/;

describe.each(reports.filter(({ file }) => !NOT_HERE.test(file)))('$file in a workflow run', ({ text }) => {
  test('speaks of no server, and of no command that cannot reach a run', () => {
    const said = adaptReport(text);
    expect(said).not.toMatch(/on the server|`\/(cancel|status|pause|resume|budget)|bosun show|goes? on from there/);
  });
});

test.each(REPLACEMENTS.map(([there]) => ({ there })))('$there is still what reports say', ({ there }) => {
  const sources = globSync('app/report/**/*.ts', { cwd: root }).map((file) =>
    readFileSync(`${root}${file}`, 'utf8').replaceAll('\\`', '`'),
  );
  expect([...sources, ...reports.map(({ text }) => text)].some((text) => text.search(there) >= 0)).toBe(true);
});
