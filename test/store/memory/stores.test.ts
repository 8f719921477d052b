import { describe } from 'vitest';

import { createMemoryStores } from '../../../app/store/memory/create-memory-stores.ts';
import type { WakeUp } from '../../../app/store/wake-up.ts';
import { describeStores } from '../../contract/stores/describe-stores.ts';
import { snapshotOfMemory } from '../../support/store-snapshots.ts';

describe('stores in memory', () => {
  describeStores(async () => {
    const wakeUps: WakeUp[] = [];
    const stores = createMemoryStores({ notify: (wakeUp) => wakeUps.push(wakeUp) });
    return { stores, wakeUps, snapshot: async () => snapshotOfMemory(stores.state) };
  });
});
