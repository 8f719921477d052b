import { expect, inject, test } from 'vitest';
import { borrowDatabase } from './borrow-database.ts';
import { JOURNEYS, type Journey } from './journeys.ts';
import { PATIENCE_MS, crashAt, type Variant } from './run-journey.ts';

/** A few of the points of `npm run crash`: those where an answer is lost on the way, and one of each hand-over. */
test.each<[journey: string, point: string, variant: Variant]>([
  ['publish', 'github.createComment:after', 'same'],
  ['publish', 'compute.start:after', 'same'],
  ['publish', 'attempts.finish:after', 'same'],
  ['publish', 'github.withRepositoryToken>publish:used', 'same'],
  ['publish', 'github.createPull:after', 'same'],
  ['publish', 'github.createCheckRun:after', 'same'],
  ['publish', 'mirrors.refresh:after', 'other'],
  ['release', 'tasks.move>SUBMITTED:after', 'same'],
  ['release', 'tasks.resume:after', 'same'],
  ['signed', 'github.withCommitWriter:used', 'same'],
  ['signed', 'github.withCommitWriter#2:used', 'same'],
])(
  '%s: dead at %s, the %s machine goes on and does nothing twice',
  { timeout: 2 * PATIENCE_MS },
  async (name, point, variant) => {
    const journey = JOURNEYS.find((one) => one.name === name) as Journey;
    const crashed = await borrowDatabase(inject('databaseServer'), (connection) =>
      crashAt(connection, { journey, point, variant }),
    );
    expect(crashed).toMatchObject({ reached: true, broken: [] });
  },
);
