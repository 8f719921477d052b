import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { judgeApp } from '../../../app/cli/doctor/checks/check-app.ts';
import { findMissingAccess, REQUIRED_EVENTS, REQUIRED_PERMISSIONS } from '../../../app/cli/doctor/required-access.ts';

const manifest = parse(readFileSync(new URL('../../../app.yml', import.meta.url), 'utf8')) as Record<string, unknown>;

test('app.yml asks for exactly what the doctor requires', () => {
  expect(manifest['default_permissions']).toEqual(REQUIRED_PERMISSIONS);
  expect(manifest['default_events']).toEqual(REQUIRED_EVENTS);
});

test('app.yml makes a private App that is notified of events at the path the server listens on', () => {
  expect(manifest['public']).toBe(false);
  expect(manifest['hook_attributes']).toMatchObject({ active: true });
  expect((manifest['hook_attributes'] as { url: string }).url).toMatch(/^https:.*\/api\/github\/webhooks$/);
});

test.each([
  [
    'nothing at all',
    {},
    [],
    [
      'actions: read',
      'checks: write',
      'contents: write',
      'issues: write',
      'metadata: read',
      'pull_requests: write',
      'statuses: read',
    ],
  ],
  ['read where write is needed', { ...REQUIRED_PERMISSIONS, contents: 'read' }, [], ['contents: write']],
  ['more than needed', { ...REQUIRED_PERMISSIONS, metadata: 'admin', actions: 'write' }, [], []],
])('an App with %s lacks what it lacks', (_, permissions, events, missing) => {
  expect(findMissingAccess({ permissions, events })).toEqual({ permissions: missing, events: [...REQUIRED_EVENTS] });
});

test('only the events that are missing are named', () => {
  const granted = { permissions: REQUIRED_PERMISSIONS, events: ['issues', 'issue_comment', 'check_run', 'push'] };
  expect(findMissingAccess(granted)).toEqual({
    permissions: [],
    events: ['check_suite', 'pull_request_review', 'pull_request_review_comment', 'status'],
  });
});

test('an App that was made before it read logs and statuses works, and doctor says what is lost', () => {
  const { actions: _, statuses: __, ...permissions } = REQUIRED_PERMISSIONS;
  const events = REQUIRED_EVENTS.filter((event) => event !== 'status' && event !== 'check_suite');
  const self = { ok: true, value: { appId: 1, slug: 'bosun', name: 'Bosun', permissions, events } } as const;
  const check = judgeApp(self, { apiUrl: 'https://api.github.com', appId: 1 });
  expect(check.state).toBe('warn');
  expect(check.found).toContain('`/fix` does not see the logs of failing jobs');
  const without = { ...self, value: { ...self.value, permissions: { ...permissions, contents: 'read' } } };
  expect(judgeApp(without, { apiUrl: 'https://api.github.com', appId: 1 }).state).toBe('fail');
});
