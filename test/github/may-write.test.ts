import { expect, test } from 'vitest';
import type { GitHubResult, Role } from '../../app/github/github.ts';
import { fetchWritePermission } from '../../app/github/may-write.ts';

const repository = { id: 1, owner: 'ada', name: 'engine' };
const person = { id: 7, login: 'mia' };
const bot = { id: 41, login: 'triage-helper[bot]' };

const asRole = (value: Role): { fetchRole: () => Promise<GitHubResult<Role>> } => ({
  fetchRole: async () => ({ ok: true, value }),
});

test.each<[string, { user: typeof person; allowedBots: number[]; role: Role }, boolean]>([
  ['an admin', { user: person, allowedBots: [], role: 'admin' }, true],
  ['a maintainer', { user: person, allowedBots: [], role: 'maintain' }, true],
  ['a writer', { user: person, allowedBots: [], role: 'write' }, true],
  ['someone who may triage', { user: person, allowedBots: [], role: 'triage' }, false],
  ['a reader', { user: person, allowedBots: [], role: 'read' }, false],
  ['a stranger', { user: person, allowedBots: [41], role: 'none' }, false],
  ['an allowed bot, which never has a role', { user: bot, allowedBots: [41], role: 'none' }, true],
  ['another bot', { user: bot, allowedBots: [42], role: 'none' }, false],
])('%s may write: %#', async (_, { role, ...who }, mayWrite) => {
  expect(await fetchWritePermission({ repository, ...who }, asRole(role))).toMatchObject({ value: { mayWrite } });
});

test('while GitHub does not answer nothing is decided', async () => {
  const problem = { kind: 'unavailable', status: null, message: 'down', retryAt: null } as const;
  const down = { fetchRole: async () => ({ ok: false, problem }) as const };
  expect(await fetchWritePermission({ repository, user: person, allowedBots: [] }, down)).toEqual({
    ok: false,
    problem,
  });
});
