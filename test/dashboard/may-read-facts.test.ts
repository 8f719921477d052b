import { expect, test } from 'vitest';
import { mayReadFacts } from '../../app/dashboard/may-read-facts.ts';

const TOKEN = 'a-token-of-32-characters-at-least';
const BASIC = `Basic ${Buffer.from(`prometheus:${TOKEN}`).toString('base64')}`;

test.each<[string, string | null, string, Record<string, string>, boolean]>([
  ['this machine', null, '127.0.0.1', {}, true],
  ['this machine, version 6', null, '::1', {}, true],
  ['this machine, mapped', TOKEN, '::ffff:127.0.0.1', {}, true],
  ['this machine through its proxy', TOKEN, '127.0.0.1', { 'x-forwarded-for': '1.2.3.4' }, false],
  ['this machine through a proxy that says via', null, '127.0.0.1', { via: '1.1 caddy' }, false],
  ['this machine with a wrong token', TOKEN, '127.0.0.1', { authorization: 'Bearer wrong' }, false],
  ['another machine, where no token is set', null, '10.0.0.7', {}, false],
  ['another machine, where no token is set, with an empty one', null, '10.0.0.7', { authorization: 'Bearer ' }, false],
  ['another machine without the token', TOKEN, '10.0.0.7', {}, false],
  ['another machine with the token', TOKEN, '10.0.0.7', { authorization: `Bearer ${TOKEN}` }, true],
  ['another machine with the token as a password', TOKEN, '10.0.0.7', { authorization: BASIC }, true],
  ['the token through a proxy', TOKEN, '127.0.0.1', { authorization: `bearer ${TOKEN}`, forwarded: 'for=x' }, true],
  ['the start of the token', TOKEN, '10.0.0.7', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }, false],
  ['the token in another scheme', TOKEN, '10.0.0.7', { authorization: `Digest ${TOKEN}` }, false],
  ['no address', TOKEN, '', {}, false],
])('%s', (_, token, remoteAddress, headers, allowed) => {
  expect(mayReadFacts({ headers, socket: { remoteAddress } }, token)).toBe(allowed);
});
