import { expect, test } from 'vitest';
import { locateSubmodule } from '../../app/git/submodules/locate-submodule.ts';

const PARENT = { serverUrl: 'https://github.com', owner: 'acme', name: 'tool' };

test.each<[string, string, string]>([
  ['https', 'https://github.com/acme/lib.git', 'acme/lib'],
  ['https without its ending', 'https://github.com/acme/lib/', 'acme/lib'],
  ['a credential in the address', 'https://mira:secret@github.com/acme/lib.git', 'acme/lib'],
  ['capital letters in the host', 'https://GitHub.com/acme/lib', 'acme/lib'],
  ['plain http', 'http://github.com/acme/lib.git', 'acme/lib'],
  ['SSH', 'ssh://git@github.com/acme/lib.git', 'acme/lib'],
  ['SSH with a port', 'ssh://git@github.com:22/acme/lib.git', 'acme/lib'],
  ['the short form of SSH', 'git@github.com:acme/lib.git', 'acme/lib'],
  ['the short form with a slash', 'git@github.com:/acme/lib.git', 'acme/lib'],
  ['the protocol of git', 'git://github.com/acme/lib.git', 'acme/lib'],
  ['a sibling', '../lib.git', 'acme/lib'],
  ['another owner', '../../other/lib', 'other/lib'],
  ['a name with dots', '../.github', 'acme/.github'],
])('%s leads to its repository', (_name, address, expected) => {
  const found = locateSubmodule(address, PARENT);
  expect(found.ok && `${found.owner}/${found.name}`).toBe(expected);
});

test.each<[string, string | null, RegExp]>([
  ['no address', null, /no address/],
  ['another host', 'https://gitlab.example/acme/lib.git', /it is at gitlab\.example/],
  ['a host that begins alike', 'https://github.com.evil.example/acme/lib', /evil\.example/],
  ['a host in the name of the user', 'https://github.com@evil.example/acme/lib', /evil\.example/],
  ['the metadata address', 'http://169.254.169.254/latest/meta-data', /169\.254/],
  ['a file', 'file:///etc/passwd', /not one that git can fetch/],
  ['a path of the machine', '/etc', /not one that git can fetch/],
  ['a helper', 'ext::sh -c touch% /tmp/x', /not one that git can fetch|does not name/],
  ['an option', '--upload-pack=touch /tmp/x', /not one that git can fetch/],
  ['too many parts', 'https://github.com/acme/lib/tree/main', /does not name a repository/],
  ['too few', 'https://github.com/acme', /does not name a repository/],
  ['below itself', './lib', /does not name a repository/],
  ['characters no name has', 'https://github.com/acme/l%2e%2e%2fib', /does not name a repository/],
])('%s is refused', (_name, address, why) => {
  const found = locateSubmodule(address, PARENT);
  expect(found.ok ? '' : found.why).toMatch(why);
});

test('a server with a port is compared with it for web addresses and without it for others', () => {
  const parent = { ...PARENT, serverUrl: 'http://127.0.0.1:4123' };
  expect(locateSubmodule('http://127.0.0.1:4123/acme/lib.git', parent).ok).toBe(true);
  expect(locateSubmodule('http://127.0.0.1:4124/acme/lib.git', parent).ok).toBe(false);
  expect(locateSubmodule('git@127.0.0.1:acme/lib.git', parent).ok).toBe(true);
});

test('a password in an address is not repeated', () => {
  const found = locateSubmodule('https://mira:secret@github.com/acme', PARENT);
  expect(found.ok ? '' : found.why).not.toContain('secret');
});
