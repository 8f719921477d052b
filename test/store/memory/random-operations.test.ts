import { expect, it } from 'vitest';

import { createMemoryStores } from '../../../app/store/memory/create-memory-stores.ts';
import { limits, NOON, usd } from '../../contract/stores/store-harness.ts';
import { findBroken } from '../../support/invariants.ts';
import { createStory, drain, randomOf } from '../../support/random-operations.ts';
import { snapshotOfMemory } from '../../support/store-snapshots.ts';

const SEEDS = Number(process.env['STORY_SEEDS'] ?? 40);
const STEPS = 200;
const LIMITS = limits({ repository: 2, user: 2, server: 4, repositoryDayNano: usd(25), serverDayNano: usd(40) });

it(`keeps every invariant after each of ${STEPS} random acts, with ${SEEDS} seeds`, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const stores = createMemoryStores();
    const story = createStory({
      stores,
      random: randomOf(seed),
      limits: LIMITS,
      player: 'A',
      startAt: NOON,
      timePasses: true,
    });
    for (let step = 1; step <= STEPS; step += 1) {
      const told = await story.step();
      const broken = findBroken(snapshotOfMemory(stores.state));
      expect(broken, `seed ${seed}, step ${step}: ${JSON.stringify(told)}`).toEqual([]);
    }
    expect(await drain({ stores, limits: LIMITS, now: NOON }), `seed ${seed}`).toEqual([]);
  }
});
