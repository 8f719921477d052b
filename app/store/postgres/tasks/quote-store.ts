import type { Calibration } from '../../../budget/quote.ts';
import type { Database } from '../../database.ts';
import { QUOTE_WINDOW } from '../../quotes.ts';
import type { QuoteStore } from '../../quotes.ts';

export function createQuoteStore(database: Database): QuoteStore {
  async function calibration(repositoryId: number): Promise<Calibration> {
    const [row] = await database.query<Calibration>({
      name: 'quote-calibration',
      text: CALIBRATION,
      values: [repositoryId, QUOTE_WINDOW],
    });
    return { quoted: row?.quoted ?? 0, under: row?.under ?? 0 };
  }
  return {
    calibration,
    history: async ({ repositoryId, size, tier, type }) => {
      const rows = await database.query<{ basis: 'same' | 'repository' | 'server'; spent_nano: number }>({
        name: 'quote-history',
        text: HISTORY,
        values: [repositoryId, type, size, tier ?? '', QUOTE_WINDOW],
      });
      function of(basis: 'same' | 'repository' | 'server'): number[] {
        return rows.filter((row) => row.basis === basis).map((row) => row.spent_nano);
      }
      return {
        same: of('same'),
        repository: of('repository'),
        server: of('server'),
        calibration: await calibration(repositoryId),
      };
    },
  };
}

// The condition of the partial indexes, word for word: that is how the planner knows them again.
const ENDED = `state in ('COMPLETED', 'FAILED', 'TIMED_OUT') and epoch > 0`;

const HISTORY = `
(select 'same' as basis, spent_nano from task
  where repository_id = $1 and type = $2 and coalesce(settings ->> 'size', 'M') = $3
    and coalesce(settings ->> 'tier', '') = $4 and ${ENDED}
  order by finished_at desc limit $5)
union all
(select 'repository', spent_nano from task where repository_id = $1 and type = $2 and ${ENDED}
  order by finished_at desc limit $5)
union all
(select 'server', spent_nano from task where type = $2 and ${ENDED} order by finished_at desc limit $5)`;

const CALIBRATION = `
select count(*)::int as quoted,
  (count(*) filter (where spent_nano <= (quote ->> 'p90Nano')::numeric))::int as under
from (
  select spent_nano, settings -> 'quote' as quote from task
  where repository_id = $1 and ${ENDED} and settings -> 'quote' ->> 'p90Nano' is not null
  order by finished_at desc limit $2
) newest`;
