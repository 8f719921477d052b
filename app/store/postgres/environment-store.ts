import type { Database } from '../database.ts';
import type { EnvironmentStore, KeptEnvironment } from '../environments.ts';

interface Row {
  readonly key: string;
  readonly sha256: string;
  readonly parts: number;
  readonly bytes: number;
  readonly made_at: Date;
}

export function createEnvironmentStore(database: Pick<Database, 'query'>): EnvironmentStore {
  return {
    async claim({ epoch, key, madeAfter, now, repositoryId, taskId }) {
      const [kept] = await database.query<Row>({
        name: 'environment-use',
        text: USE,
        values: [key, madeAfter, now],
      });
      if (kept !== undefined) {
        return { kind: 'kept', environment: toEnvironment(kept) };
      }
      const [mine] = await database.query({
        name: 'environment-claim',
        text: CLAIM,
        values: [key, repositoryId, taskId, epoch, now],
      });
      if (mine !== undefined) {
        return { kind: 'yours' };
      }
      const [other] = await database.query<{ preparing_task: string | null }>({
        name: 'environment-holder',
        text: 'select preparing_task from environment where key = $1',
        values: [key],
      });
      return { kind: 'waiting', taskId: other?.preparing_task ?? '' };
    },
    async keep({ environment, epoch, now, taskId }) {
      const { bytes, key, madeAt, parts, sha256 } = environment;
      const rows = await database.query({
        name: 'environment-keep',
        text: KEEP,
        values: [key, taskId, epoch, sha256, parts, bytes, madeAt, now],
      });
      return { kept: rows.length > 0 };
    },
    async release({ epoch, key, taskId }) {
      await database.query({
        name: 'environment-release',
        text: RELEASE,
        values: [key, taskId, epoch],
      });
    },
    async forget(key) {
      await database.query({ name: 'environment-forget', text: FORGET, values: [key] });
    },
    async list() {
      const rows = await database.query<Row>({ name: 'environment-list', text: LIST, values: [] });
      return rows.map(toEnvironment);
    },
  };
}

function toEnvironment({ bytes, key, made_at: madeAt, parts, sha256 }: Row): KeptEnvironment {
  return { key, sha256, parts, bytes, madeAt };
}

const COLUMNS = 'key, sha256, parts, bytes, made_at';

const USE = `
update environment set used_at = greatest(used_at, $3) where key = $1 and sha256 is not null and made_at > $2
returning ${COLUMNS}`;

// A claim is worth as much as the attempt behind it.
const CLAIM = `
insert into environment as e (key, repository_id, preparing_task, preparing_epoch, used_at)
values ($1, $2, $3, $4, $5)
on conflict (key) do update set preparing_task = excluded.preparing_task, preparing_epoch = excluded.preparing_epoch
where e.preparing_task is null
  or (e.preparing_task = excluded.preparing_task and e.preparing_epoch = excluded.preparing_epoch)
  or not exists (
    select from task t
    where t.id = e.preparing_task and t.epoch = e.preparing_epoch and t.state in ('HYDRATING', 'RUNNING'))
returning key`;

const KEEP = `
update environment set sha256 = $4, parts = $5, bytes = $6, made_at = $7, used_at = $8,
  preparing_task = null, preparing_epoch = null
where key = $1 and preparing_task = $2 and preparing_epoch = $3
returning key`;

const RELEASE = `
with mine as (
  update environment set preparing_task = null, preparing_epoch = null
  where key = $1 and preparing_task = $2 and preparing_epoch = $3
  returning key, sha256
)
delete from environment e using mine where e.key = mine.key and mine.sha256 is null`;

// A preparation that is started again keeps its claim.
const FORGET = `
update environment set sha256 = null, parts = 0, bytes = 0, made_at = null where key = $1`;

const LIST = `
select ${COLUMNS} from environment where sha256 is not null order by used_at, key`;
