import { expect, test } from 'vitest';
import { remoteUrl } from '../../app/git/remote-url.ts';

test.each(['.github', '.dotfiles', '-x', '_', 'a.b', '...', 'engine.git', 'a'.repeat(100)])(
  'a repository named %s has an address',
  (name) => {
    expect(remoteUrl('https://github.test/', { id: 1, owner: 'ada', name })).toBe(
      `https://github.test/ada/${name}.git`,
    );
  },
);

test.each(['', '.', '..', 'a/b', 'a b', 'a?b', 'a#b', 'a%2fb', '../engine', 'a\nb'])(
  'a name that is none of GitHub and could lead elsewhere has none: %j',
  (name) => {
    expect(remoteUrl('https://github.test', { id: 1, owner: 'ada', name })).toBeNull();
    expect(remoteUrl('https://github.test', { id: 1, owner: name, name: 'engine' })).toBeNull();
  },
);
