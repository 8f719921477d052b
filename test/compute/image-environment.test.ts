import { expect, test } from 'vitest';
import { imageEnvironment } from '../../app/compute/docker/image-environment.ts';

test.each([
  ['where tools are', { JAVA_HOME: '/opt/java', RUSTUP_HOME: '/usr/local/rustup', GOROOT: '/usr/local/go' }, 'all'],
  ['versions and options', { RUBY_VERSION: '3.4.1', JAVA_OPTS: '-Xmx1g -Da=b', NODE_OPTIONS: '--no-warnings' }, 'all'],
  ['an empty value', { DEBIAN_FRONTEND: '' }, 'all'],
  [
    'what a tool writes to, which is read-only here',
    { CARGO_HOME: '/usr/local/cargo', GEM_HOME: '/usr/local/bundle', npm_config_cache: '/c' },
    'none',
  ],
  [
    'what the worker decides',
    { PATH: '/x', HOME: '/root', LANG: 'de_DE', TMPDIR: '/x', CI: '', BOSUN_MODEL: 'x', XDG_CACHE_HOME: '/x' },
    'none',
  ],
  [
    'proxies, which no worker can reach',
    { HTTP_PROXY: 'http://user:secret@proxy', https_proxy: 'http://p', no_proxy: '*' },
    'none',
  ],
  ['what is no name of a variable', { 'a b': '1', '1A': '2', '': '3' }, 'none'],
  ['what is too long', { LONG: 'x'.repeat(9_000) }, 'none'],
])('of the variables of an image: %s', (_, environment, kept) => {
  expect(imageEnvironment({ environment })).toEqual(kept === 'all' ? environment : {});
});

test('Go reads what the image has installed, and writes below the home', () => {
  expect(imageEnvironment({ environment: { GOPATH: '/go' } })).toEqual({ GOPATH: '/bosun/home/go:/go' });
});
