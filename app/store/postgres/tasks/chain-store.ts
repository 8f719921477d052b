import type { Chain } from '../../../task/chain.ts';
import { toJson } from '../../rules/to-json.ts';
import type { ChainStore } from '../../chains.ts';
import type { Database } from '../../database.ts';

interface ChainRow {
  readonly id: string;
  readonly pull_number: number;
  readonly links: Chain['links'];
  readonly steps: Chain['steps'];
  readonly state: Chain['state'];
  readonly note: string | null;
}

export function createChainStore(database: Pick<Database, 'query'>): ChainStore {
  return {
    async due({ max, now, since }) {
      await database.query({ name: 'chain-begin', text: BEGIN, values: [since, now] });
      const rows = await database.query<ChainRow>({ name: 'chain-due', text: DUE, values: [max] });
      return rows.map(toChain);
    },
    async advance({ from, id, now, to }) {
      const isEnd = 'state' in to;
      const rows = await database.query({
        name: 'chain-advance',
        text: ADVANCE,
        values: [
          id,
          from,
          isEnd ? from : to.step.taskId,
          toJson(isEnd ? [] : [to.step]),
          isEnd ? to.state : 'running',
          isEnd ? to.note : null,
          now,
        ],
      });
      return { moved: rows.length > 0 };
    },
    async findOf(taskId) {
      const [row] = await database.query<ChainRow>({
        name: 'chain-find',
        text: `${COLUMNS} where c.id = $1 or c.steps @> jsonb_build_array(jsonb_build_object('taskId', $1::text)) limit 1`,
        values: [taskId],
      });
      return row === undefined ? null : toChain(row);
    },
  };
}

function toChain({ id, links, note, pull_number: pullNumber, state, steps }: ChainRow): Chain {
  return { id, pullNumber, links, steps, state, note };
}

const COLUMNS = 'select c.id, c.pull_number, c.links, c.steps, c.state, c.note from chain c';

const BEGIN = `
insert into chain (id, pull_number, links, steps, task_id, updated_at)
select t.id, (t.publication ->> 'pullNumber')::int, t.settings -> 'chain',
  jsonb_build_array(jsonb_build_object('link', 'implement', 'taskId', t.id)), t.id, $2
from task t
where t.settings -> 'chain' is not null and t.state = 'COMPLETED' and t.finished_at > $1
  and t.thread_kind = 'issue' and t.publication ->> 'pullNumber' is not null
on conflict do nothing`;

const DUE = `
${COLUMNS} join task t on t.id = c.task_id
where c.state = 'running' and t.state in ('COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT')
order by c.id limit $1`;

const ADVANCE = `
update chain set task_id = $3, steps = steps || $4::jsonb, state = $5, note = $6, updated_at = $7
where id = $1 and task_id = $2 and state = 'running' returning id`;
