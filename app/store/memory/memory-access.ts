import { ANSWER_MS, REQUEST_MS, USE_MS, type AccessStore, type ApiToken, type RecordedAnswer } from '../access.ts';

interface TokenRecord {
  readonly sha256: string;
  readonly token: ApiToken;
  readonly revoked: boolean;
}

interface RequestRecord {
  readonly sha256: string;
  readonly claimedAt: Date;
  readonly answer: RecordedAnswer | null;
}

export function createMemoryAccess(): AccessStore {
  const tokens = new Map<string, TokenRecord>();
  const requests = new Map<string, RequestRecord>();

  function isValid({ revoked, token }: TokenRecord, now: Date): boolean {
    return !revoked && token.expiresAt > now;
  }

  return {
    createToken: async ({ sha256, ...token }) => {
      tokens.set(token.id, { sha256, token: { ...token, lastUsedAt: null }, revoked: false });
    },
    findToken: async ({ now, sha256 }) => {
      const found = [...tokens.values()].find((record) => record.sha256 === sha256 && isValid(record, now));
      if (found === undefined) {
        return null;
      }
      const used = found.token.lastUsedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
      if (now.getTime() - used > USE_MS) {
        tokens.set(found.token.id, { ...found, token: { ...found.token, lastUsedAt: now } });
      }
      return found.token;
    },
    listTokens: async ({ now, ownerId }) =>
      [...tokens.values()]
        .filter((record) => isValid(record, now) && (ownerId === null || record.token.owner.id === ownerId))
        .map(({ token }) => token)
        .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1)),
    revokeToken: async ({ id, ownerId }) => {
      const found = tokens.get(id);
      if (found === undefined || found.revoked || (ownerId !== null && found.token.owner.id !== ownerId)) {
        return { revoked: false };
      }
      tokens.set(id, { ...found, revoked: true });
      return { revoked: true };
    },
    claimRequest: async ({ key, now, sha256 }) => {
      const known = requests.get(key);
      const age = known === undefined ? 0 : now.getTime() - known.claimedAt.getTime();
      const isStale = known !== undefined && known.answer === null && age > REQUEST_MS && known.sha256 === sha256;
      if (known === undefined || isStale || age > ANSWER_MS) {
        requests.set(key, { sha256, claimedAt: now, answer: null });
        return { kind: 'mine' };
      }
      if (known.sha256 !== sha256) {
        return { kind: 'other_request' };
      }
      return known.answer === null ? { kind: 'under_way' } : { kind: 'answered', answer: known.answer };
    },
    settleRequest: async ({ answer, key }) => {
      const known = requests.get(key);
      if (known !== undefined) {
        requests.set(key, { ...known, answer });
      }
    },
  };
}
