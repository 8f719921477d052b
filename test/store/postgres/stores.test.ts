import { describe } from 'vitest';

import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import type { WakeUp } from '../../../app/store/wake-up.ts';
import { describeStores } from '../../contract/stores/describe-stores.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { snapshotOfDatabase } from '../../support/store-snapshots.ts';

describe('stores on PostgreSQL', () => {
  const test = withDatabase();
  describeStores(async () => {
    await emptyTables(test.database);
    const wakeUps: WakeUp[] = [];
    const stores = createPostgresStores({
      database: test.database,
      leaseClock: 'caller',
      wake: (wakeUp) => wakeUps.push(wakeUp),
    });
    return { stores, wakeUps, snapshot: () => snapshotOfDatabase(test.database) };
  });
});
