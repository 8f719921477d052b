import { describe, expect, it } from 'vitest';
import { ANSWER_MS, REQUEST_MS } from '../../../app/store/access.ts';
import { after, NOON, withStores, type OpenStores } from './store-harness.ts';

const TOKEN = {
  id: '01TOKEN',
  sha256: 'ab'.repeat(32),
  owner: { id: 7, login: 'mira' },
  name: 'deploys',
  scope: 'read',
  createdAt: NOON,
  expiresAt: after(3_600_000),
} as const;

export function describeAccess(open: OpenStores): void {
  describe('tokens of the API', () => {
    const harness = withStores(open);

    it('are found by their hash until they expire', async () => {
      const { access } = harness.stores;
      await access.createToken(TOKEN);
      const { sha256, ...shown } = TOKEN;
      expect(await access.findToken({ sha256, now: NOON })).toEqual({ ...shown, lastUsedAt: null });
      expect(await access.findToken({ sha256, now: after(90_000) })).toMatchObject({ lastUsedAt: NOON });
      expect(await access.findToken({ sha256, now: after(3_600_000) })).toBeNull();
      expect(await access.findToken({ sha256: 'cd'.repeat(32), now: NOON })).toBeNull();
    });

    it('are listed and revoked by their owner, or by an operator', async () => {
      const { access } = harness.stores;
      await access.createToken(TOKEN);
      await access.createToken({ ...TOKEN, id: '02TOKEN', sha256: 'ef'.repeat(32), owner: { id: 8, login: 'teo' } });
      const list = async (ownerId: number | null) =>
        (await access.listTokens({ ownerId, now: NOON })).map(({ id }) => id);
      expect(await list(null)).toEqual(['02TOKEN', '01TOKEN']);
      expect(await list(7)).toEqual(['01TOKEN']);
      expect(await access.revokeToken({ id: '01TOKEN', ownerId: 8 })).toEqual({ revoked: false });
      expect(await access.revokeToken({ id: '01TOKEN', ownerId: 7 })).toEqual({ revoked: true });
      expect(await access.revokeToken({ id: '01TOKEN', ownerId: 7 })).toEqual({ revoked: false });
      expect(await access.revokeToken({ id: '02TOKEN', ownerId: null })).toEqual({ revoked: true });
      expect(await list(null)).toEqual([]);
      expect(await access.findToken({ sha256: TOKEN.sha256, now: NOON })).toBeNull();
    });
  });

  describe('writes with an idempotency key', () => {
    const harness = withStores(open);

    it('are carried out once, and answered the same again', async () => {
      const { access } = harness.stores;
      const request = { key: '7/abc', sha256: '11'.repeat(32), now: NOON };
      const claims = await Promise.all([access.claimRequest(request), access.claimRequest(request)]);
      expect(claims.map(({ kind }) => kind).toSorted()).toEqual(['mine', 'under_way']);
      const answer = { status: 202, body: { code: 'cancelled' } };
      await access.settleRequest({ key: request.key, answer, now: NOON });
      expect(await access.claimRequest(request)).toEqual({ kind: 'answered', answer });
      expect(await access.claimRequest({ ...request, sha256: '22'.repeat(32) })).toEqual({ kind: 'other_request' });
      expect(await access.claimRequest({ ...request, key: '8/abc' })).toEqual({ kind: 'mine' });
    });

    it('are given out again when nobody answered, and forgotten after a day', async () => {
      const { access } = harness.stores;
      const request = { key: '7/abc', sha256: '11'.repeat(32) };
      await access.claimRequest({ ...request, now: NOON });
      expect(await access.claimRequest({ ...request, now: after(REQUEST_MS + 1) })).toEqual({ kind: 'mine' });
      const answer = { status: 200, body: null };
      await access.settleRequest({ key: request.key, answer, now: NOON });
      const later = after(REQUEST_MS + ANSWER_MS + 10);
      expect(await access.claimRequest({ ...request, sha256: '33'.repeat(32), now: later })).toEqual({ kind: 'mine' });
    });
  });
}
