import { describe, expect, test } from 'vitest';

import { judgeApp, judgeWebhooks } from '../../../app/cli/doctor/checks/check-app.ts';
import { judgeModelAnswer } from '../../../app/cli/doctor/checks/check-model.ts';
import { judgeClock } from '../../../app/cli/doctor/checks/check-network.ts';
import { checkNode, judgeGit } from '../../../app/cli/doctor/checks/check-programs.ts';
import type { GitHubProblem } from '../../../app/github/github.ts';

describe('programs', () => {
  test.each([
    ['git version 2.31.0\n', 'ok'],
    ['git version 2.39.5 (Apple Git-154)\n', 'ok'],
    ['git version 3.0.0\n', 'ok'],
    ['git version 2.30.9\n', 'fail'],
    ['git version 1.99.1\n', 'fail'],
    ['fatal: nothing to see\n', 'fail'],
    [null, 'fail'],
  ])('git that says %j is %s', (said, state) => {
    expect(judgeGit(said).state).toBe(state);
  });

  test.each([
    ['24.0.0', 'ok'],
    ['30.1.2', 'ok'],
    ['22.21.0', 'fail'],
  ])('Node %s is %s', (version, state) => {
    expect(checkNode(version).state).toBe(state);
  });
});

describe('the clock', () => {
  const there = new Date('2026-11-27T12:00:00Z');
  test.each([
    [0, 'ok', 'within 60 s of GitHub'],
    [59, 'ok', 'within 60 s of GitHub'],
    [3_600, 'fail', 'this machine is 3600 s ahead of GitHub'],
    [-90, 'fail', 'this machine is 90 s behind GitHub'],
  ])('%i s off is %s', (seconds, state, found) => {
    expect(judgeClock(there, new Date(there.getTime() + seconds * 1_000))).toMatchObject({ state, found });
  });

  test('without a time to compare with is skipped', () => {
    expect(judgeClock(null, there).state).toBe('skip');
  });
});

describe('the provider', () => {
  const place = { baseUrl: 'https://model.example', model: 'm-1', authStyle: 'bearer' };
  test.each([
    [200, '', 'ok', 'takes the key and knows m-1'],
    [401, 'invalid x-api-key', 'fail', 'refuses the key (401 invalid x-api-key)'],
    [403, 'no access', 'fail', 'refuses the key (403 no access)'],
    [404, 'model: m-1', 'fail', 'does not know m-1'],
    [404, 'Not Found', 'warn', 'cannot count tokens'],
    [405, '', 'warn', 'cannot count tokens'],
    [400, 'messages: wrong', 'fail', 'refused to count tokens (400 messages: wrong)'],
    [429, 'slow down', 'warn', 'is busy'],
    [529, 'overloaded', 'warn', 'is busy'],
    [null, 'ECONNREFUSED', 'fail', 'does not answer (ECONNREFUSED)'],
  ])('answering %s %j is a %s', (status, message, state, found) => {
    const check = judgeModelAnswer({ status, message }, place);
    expect(check).toMatchObject({ name: 'model key', state, found: expect.stringContaining(found) as string });
    expect(check.remedy === null).toBe(state === 'ok');
  });
});

describe('GitHub', () => {
  const place = { apiUrl: 'https://api.github.com', appId: 5 };
  test.each([
    ['unauthorized', 401, 'fail', 'does not know App 5 by this key'],
    ['not_found', 404, 'fail', 'does not know App 5 by this key'],
    ['unavailable', null, 'fail', 'cannot be reached'],
    ['limited', 429, 'warn', 'limits requests'],
    ['forbidden', 403, 'fail', 'refused'],
  ] as [GitHubProblem['kind'], number | null, string, string][])(
    'a problem of kind %s is explained',
    (kind, status, state, found) => {
      const check = judgeApp({ ok: false, problem: { kind, status, message: 'said so', retryAt: null } }, place);
      expect(check).toMatchObject({ state, found: expect.stringContaining(found) as string });
      expect(check.remedy).not.toBeNull();
    },
  );
});

describe('webhooks', () => {
  const place = {
    publicUrl: 'https://bosun.example.com',
    host: '127.0.0.1',
    port: 3000,
    hours: 24,
    isLocalGitHub: false,
    intake: 'webhook' as 'webhook' | 'poll',
  };
  const none = { ok: true, value: [] } as const;
  const one = { ok: true, value: [{ status: 502, deliveredAt: new Date() }] } as const;
  const refused = { ok: true, value: [{ status: 401, deliveredAt: new Date() }] } as const;
  const problem: GitHubProblem = { kind: 'unavailable', status: 500, message: 'oops', retryAt: null };
  test.each([
    ['all arrived', none, place, 'ok', 'none failed in the last 24 h'],
    ['one was lost', one, place, 'warn', 'could not deliver 1 event in'],
    ['they are polled', one, { ...place, publicUrl: null, intake: 'poll' as const }, 'ok', 'lists 1 from'],
    ['one was refused', refused, place, 'fail', 'refused 1 delivery in the last 24 h with 401'],
    ['no public URL', none, { ...place, publicUrl: null }, 'warn', 'BOSUN_URL is not set'],
    [
      'an address of this machine',
      none,
      { ...place, publicUrl: 'http://127.0.0.1:3000' },
      'warn',
      'GitHub cannot reach',
    ],
    [
      'an address of this machine, and a GitHub there too',
      none,
      { ...place, publicUrl: 'http://localhost:3000', isLocalGitHub: true },
      'ok',
      'none failed',
    ],
    [
      'GitHub does not list deliveries',
      { ok: false, problem } as const,
      place,
      'warn',
      'did not list deliveries (oops)',
    ],
  ])('%s', (_, failed, at, state, found) => {
    expect(judgeWebhooks(failed, at)).toMatchObject({ state, found: expect.stringContaining(found) as string });
  });
});
