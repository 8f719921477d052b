import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

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
    ['checks: write', 'contents: write', 'issues: write', 'metadata: read', 'pull_requests: write'],
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
    events: ['pull_request_review', 'pull_request_review_comment'],
  });
});
