import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';

/** What each of the three servers is started with. */
export interface ServerPlan {
  readonly connection: PostgresConnection;
  readonly secret: string;
  /** The table to insert into; of the shape of the inbox. */
  readonly table: string;
  /** Of the pool; the same for all three. */
  readonly connections: number;
  /** Whether the router takes deliveries out meanwhile; only Bosun's server knows it. */
  readonly routed?: boolean;
}

export interface ServerAddress {
  readonly port: number;
}

export const WEBHOOK_PATH = '/api/github/webhooks';
