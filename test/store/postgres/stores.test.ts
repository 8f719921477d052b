import { describe } from 'vitest';

import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import { describeStores } from '../../contract/stores/describe-stores.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { snapshotOfDatabase } from '../../support/store-snapshots.ts';

describe('stores on PostgreSQL', () => {
  const test = withDatabase();
  describeStores(async () => {
    await emptyTables(test.database);
    const stores = createPostgresStores({ database: test.database, leaseClock: 'caller' });
    return { stores, snapshot: () => snapshotOfDatabase(test.database) };
  });
});
