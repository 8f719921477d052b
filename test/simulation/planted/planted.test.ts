import { expect, test } from 'vitest';
import { runSeed } from '../run/run-seed.ts';
import { findPlanted, renderFindings } from './find-planted.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';

/** A taste of `npm run sim -- --planted`, which looks for every bug in up to 500 seeds. */
const SEEDS = 6;
const HOURS = 6;
const FOUND_AT_LEAST = 14;

test('bugs that are planted are found', { timeout: 600_000 }, async () => {
  const findings = await findPlanted({ seeds: SEEDS, hours: HOURS }, ({ bug, ...order }) => {
    const plant = PLANTED_BUGS.find(({ name }) => name === bug)?.plant;
    return runSeed({ ...order, ...(plant === undefined ? {} : { plant }) });
  });
  const found = findings.filter(({ seed }) => seed !== null);
  if (found.length < FOUND_AT_LEAST) {
    expect.fail(renderFindings(findings));
  }
});
