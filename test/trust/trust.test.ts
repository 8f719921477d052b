import { expect, test } from 'vitest';
import { SUITES } from './suites.ts';

test.each(SUITES.map((suite) => [suite.name, suite] as const))(
  '%s: nothing comes through',
  { timeout: 240_000 },
  async (_name, suite) => {
    const { bypasses, tries } = await suite.run('sample');
    expect(bypasses.slice(0, 5)).toEqual([]);
    expect(tries).toBeGreaterThan(20);
  },
);
