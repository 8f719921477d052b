import { describe, expect, test } from 'vitest';
import { eventFitsBody } from '../../app/intake/check-event.ts';
import { readIncoming } from '../../app/intake/read-incoming.ts';

const WRITER = { id: 7, login: 'writer', type: 'User' };
const OTHER = { id: 8, login: 'other', type: 'User' };
const AT = '2026-11-21T10:00:00Z';
const OWN = { appId: 99 };

const COMMON = {
  repository: { id: 1, name: 'engine', owner: { login: 'acme' }, default_branch: 'main', html_url: '' },
  installation: { id: 5 },
  sender: WRITER,
};
const ISSUE = { number: 3, title: 'A title', body: 'A body', updated_at: AT, user: OTHER };

function comment(fields: object = {}): object {
  return { id: 11, body: '/implement', html_url: 'https://github.test/11', created_at: AT, user: WRITER, ...fields };
}

const EVENTS = {
  issue_comment: (author: object | null, text = '/implement') => ({
    ...COMMON,
    action: 'created',
    issue: ISSUE,
    comment: comment({ user: author, body: text }),
  }),
  pull_request_review_comment: (author: object | null, text = '/implement') => ({
    ...COMMON,
    action: 'created',
    pull_request: ISSUE,
    comment: comment({ user: author, body: text }),
  }),
  pull_request_review: (author: object | null, text = '/implement') => ({
    ...COMMON,
    action: 'submitted',
    pull_request: ISSUE,
    review: { id: 12, body: text, html_url: 'https://github.test/12', submitted_at: AT, user: author },
  }),
} as const;
const NAMES = Object.keys(EVENTS) as (keyof typeof EVENTS)[];

describe.each(NAMES)('%s', (name) => {
  test('of its author is read', () => {
    const read = readIncoming({ name, payload: EVENTS[name](WRITER) }, OWN);
    expect(read).toMatchObject({ kind: 'incoming', incoming: { sender: { id: 7 }, cause: { body: '/implement' } } });
  });

  test.each([
    ['somebody else', OTHER],
    ['somebody of the same name', { ...OTHER, login: 'writer' }],
    ['a deleted account', null],
  ])('of %s gives no command, whoever sent it', (_who, author) => {
    const read = readIncoming({ name, payload: EVENTS[name](author) }, OWN);
    expect(read).toEqual({ kind: 'ignored', why: 'the sender is not the author of the text' });
  });

  test('comes without characters that a later program cannot carry', () => {
    const text = '/implement a\u0000b\u0007\n\ud83d c\tok';
    const read = readIncoming({ name, payload: EVENTS[name](WRITER, text) }, OWN);
    expect(read).toMatchObject({ incoming: { cause: { body: '/implement ab\n\ufffd c\tok' } } });
  });

  test('fits its own name and no other', () => {
    const keys = new Set(Object.keys(EVENTS[name](WRITER)));
    expect(NAMES.filter((other) => eventFitsBody(other, keys))).toEqual([name]);
  });
});

test('title, body and label come without such characters as well', () => {
  const issue = { ...ISSUE, title: 'A\u0000 \udc00title', body: 'B\u0001ody' };
  const payload = { ...COMMON, action: 'labeled', issue, label: { name: 'bo\u0000sun' } };
  expect(readIncoming({ name: 'issues', payload }, OWN)).toMatchObject({
    incoming: { thread: { title: 'A \ufffdtitle', body: 'Body' }, cause: { label: 'bosun' } },
  });
});

test('a review that was edited gives no command', () => {
  const payload = { ...EVENTS.pull_request_review(WRITER), action: 'edited' };
  expect(readIncoming({ name: 'pull_request_review', payload }, OWN)).toMatchObject({ kind: 'ignored' });
});

test('a review that somebody dismissed takes an approval back and gives no command', () => {
  const payload = { ...EVENTS.pull_request_review(WRITER), action: 'dismissed' };
  const read = readIncoming({ name: 'pull_request_review', payload: { ...payload, sender: OTHER } }, OWN);
  expect(read).toMatchObject({ kind: 'incoming', incoming: { cause: { kind: 'review_dismissed' } } });
});
