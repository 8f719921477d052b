import type { ServerPause, ServerPauseStore } from '../server-pause.ts';
import type { WakingDatabase } from './waking-database.ts';

interface PauseRow {
  readonly paused_at: Date;
  readonly paused_by: string;
  readonly paused_note: string | null;
}

export function createServerPauseStore(database: Pick<WakingDatabase, 'query' | 'wake'>): ServerPauseStore {
  return {
    set: async ({ at, by, note }) => {
      const [row] = await database.query<PauseRow>({
        name: 'server-pause',
        text: `update slot set paused_at = coalesce(paused_at, $1),
            paused_by = case when paused_at is null then $2 else paused_by end,
            paused_note = case when paused_at is null then $3 else paused_note end
          where scope = 'server' returning paused_at, paused_by, paused_note`,
        values: [at, by, note],
      });
      if (row === undefined) {
        throw new Error('the slot row of the server is gone');
      }
      return toPause(row);
    },
    clear: async () => {
      const rows = await database.query({
        name: 'server-unpause',
        text: `update slot set paused_at = null, paused_by = null, paused_note = null
          where scope = 'server' and paused_at is not null returning scope`,
      });
      if (rows.length > 0) {
        database.wake({ kind: 'task', id: '*' });
      }
      return rows.length > 0;
    },
    read: async () => {
      const [row] = await database.query<PauseRow>({
        name: 'server-pause-read',
        text: `select paused_at, paused_by, paused_note from slot where scope = 'server' and paused_at is not null`,
      });
      return row === undefined ? null : toPause(row);
    },
  };
}

function toPause(row: PauseRow): ServerPause {
  return { at: row.paused_at, by: row.paused_by, note: row.paused_note };
}
