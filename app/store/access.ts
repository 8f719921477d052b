import type { Actor } from '../task/task.ts';

export const TOKEN_SCOPES = ['read', 'act'] as const;
/** `act` includes `read`. */
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** A token of a person for the API. Only the hash of the token itself is kept. */
export interface ApiToken {
  readonly id: string;
  readonly owner: Actor;
  readonly name: string;
  readonly scope: TokenScope;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
}

/** The answer to a write that came with an idempotency key. */
export interface RecordedAnswer {
  readonly status: number;
  readonly body: unknown;
}

export type ClaimedRequest =
  /** The caller carries it out, and records the answer. */
  | { readonly kind: 'mine' }
  | { readonly kind: 'answered'; readonly answer: RecordedAnswer }
  /** Another request with this key has not ended. */
  | { readonly kind: 'under_way' }
  /** The key was used for another request. */
  | { readonly kind: 'other_request' };

/** Who may use the API, and which of its writes were carried out. */
export interface AccessStore {
  createToken(token: Omit<ApiToken, 'lastUsedAt'> & { readonly sha256: string }): Promise<void>;
  /** The token, unless it has expired or was revoked. Records at most once a minute that it was used. */
  findToken(request: { readonly sha256: string; readonly now: Date }): Promise<ApiToken | null>;
  /** Of one owner, or of all with null; the newest first, without expired ones. */
  listTokens(request: { readonly ownerId: number | null; readonly now: Date }): Promise<readonly ApiToken[]>;
  /** Of this owner, or anybody's with null. */
  revokeToken(request: {
    readonly id: string;
    readonly ownerId: number | null;
  }): Promise<{ readonly revoked: boolean }>;
  /** `sha256` is the hash of the request; a claim that nobody answered for `REQUEST_MS` is given out again. */
  claimRequest(request: { readonly key: string; readonly sha256: string; readonly now: Date }): Promise<ClaimedRequest>;
  settleRequest(request: { readonly key: string; readonly answer: RecordedAnswer; readonly now: Date }): Promise<void>;
}

/** How long a claimed request may be under way. */
export const REQUEST_MS = 60_000;
/** How long the answer to a request is kept. */
export const ANSWER_MS = 24 * 3_600_000;
/** How often the use of a token is recorded. */
export const USE_MS = 60_000;
