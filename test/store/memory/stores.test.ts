import { describe } from 'vitest';

import { createMemoryStores } from '../../../app/store/memory/create-memory-stores.ts';
import { describeStores } from '../../contract/stores/describe-stores.ts';
import { snapshotOfMemory } from '../../support/store-snapshots.ts';

describe('stores in memory', () => {
  describeStores(async () => {
    const stores = createMemoryStores();
    return { stores, snapshot: async () => snapshotOfMemory(stores.state) };
  });
});
