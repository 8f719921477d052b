import { Pool } from 'pg';
import { toDriverAddress } from '../../app/store/postgres/driver/connection-settings.ts';
import type { ServerPlan } from './server-plan.ts';

/** One row by one named prepared statement on a plain pool of the driver: the least that is durable. */
export interface PlainInsert {
  insert(delivery: { id: string; event: string; body: Buffer }): Promise<void>;
  close(): Promise<void>;
}

export function createPlainInsert(plan: ServerPlan): PlainInsert {
  const pool = new Pool({ ...toDriverAddress(plan.connection), max: plan.connections, idleTimeoutMillis: 60_000 });
  const text = `insert into ${plan.table} (id, event, body, received_at) values ($1, $2, $3, $4)`;
  return {
    async insert({ id, event, body }) {
      await pool.query({ name: 'plain-insert', text, values: [id, event, body, new Date()] });
    },
    close: () => pool.end(),
  };
}
