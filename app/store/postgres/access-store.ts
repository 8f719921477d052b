import type { Database } from '../database.ts';
import { ANSWER_MS, REQUEST_MS, USE_MS, type AccessStore, type ApiToken } from '../access.ts';
import { toJson } from '../rules/to-json.ts';

export function createAccessStore(database: Database): AccessStore {
  return {
    createToken: async ({ createdAt, expiresAt, id, name, owner, scope, sha256 }) => {
      await database.query({
        name: 'token-create',
        text: `insert into api_token (id, sha256, owner_id, owner_login, name, scope, created_at, expires_at)
          values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        values: [id, sha256, owner.id, owner.login, name, scope, createdAt, expiresAt],
      });
    },
    findToken: async ({ now, sha256 }) => {
      const [row] = await database.query<TokenRow>({
        name: 'token-find',
        text: `with used as (
            update api_token set last_used_at = $2
            where sha256 = $1 and not revoked and expires_at > $2 and (last_used_at is null or last_used_at < $3))
          select ${TOKEN} from api_token where sha256 = $1 and not revoked and expires_at > $2`,
        values: [sha256, now, new Date(now.getTime() - USE_MS)],
      });
      return row === undefined ? null : toToken(row);
    },
    listTokens: async ({ now, ownerId }) => {
      const rows = await database.query<TokenRow>({
        name: 'token-list',
        text: `select ${TOKEN} from api_token where not revoked and expires_at > $2 and ($1::bigint is null or owner_id = $1)
          order by created_at desc, id collate "C" desc limit 500`,
        values: [ownerId, now],
      });
      return rows.map(toToken);
    },
    revokeToken: async ({ id, ownerId }) => {
      const rows = await database.query({
        name: 'token-revoke',
        text: `update api_token set revoked = true
          where id = $1 and not revoked and ($2::bigint is null or owner_id = $2) returning id`,
        values: [id, ownerId],
      });
      return { revoked: rows.length > 0 };
    },
    claimRequest: async ({ key, now, sha256 }) => {
      const [row] = await database.query<RequestRow>({
        name: 'request-claim',
        text: CLAIM,
        values: [key, sha256, now, new Date(now.getTime() - REQUEST_MS), new Date(now.getTime() - ANSWER_MS)],
      });
      if (row === undefined || row.mine) {
        // No row at all: it was inserted by another request meanwhile.
        return row === undefined ? { kind: 'under_way' } : { kind: 'mine' };
      }
      if (row.sha256 !== sha256) {
        return { kind: 'other_request' };
      }
      return row.status === null
        ? { kind: 'under_way' }
        : { kind: 'answered', answer: { status: row.status, body: row.body } };
    },
    settleRequest: async ({ answer, key }) => {
      await database.query({
        name: 'request-settle',
        text: 'update api_request set status = $2, body = $3 where key = $1',
        values: [key, answer.status, toJson(answer.body)],
      });
    },
  };
}

const TOKEN = 'id, owner_id, owner_login, name, scope, created_at, expires_at, last_used_at';

// A key that nobody answered in time, or whose answer is not kept any longer, is as good as new.
const CLAIM = `
with aged as (delete from api_request where claimed_at < $5 and key <> $1),
mine as (
  insert into api_request as r (key, sha256, claimed_at) values ($1, $2, $3)
  on conflict (key) do update set sha256 = excluded.sha256, claimed_at = excluded.claimed_at, status = null, body = null
    where (r.status is null and r.claimed_at < $4 and r.sha256 = excluded.sha256) or r.claimed_at < $5
  returning sha256
)
select true as mine, sha256, null::integer as status, null::jsonb as body from mine
union all
select false, sha256, status, body from api_request where key = $1 and not exists (select from mine)`;

interface TokenRow {
  readonly id: string;
  readonly owner_id: number;
  readonly owner_login: string;
  readonly name: string;
  readonly scope: ApiToken['scope'];
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
}

interface RequestRow {
  readonly mine: boolean;
  readonly sha256: string;
  readonly status: number | null;
  readonly body: unknown;
}

function toToken(row: TokenRow): ApiToken {
  return {
    id: row.id,
    owner: { id: row.owner_id, login: row.owner_login },
    name: row.name,
    scope: row.scope,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
