import { expect, test } from 'vitest';

import { explainFileError, explainError } from '../../../app/store/embedded/explain-error.ts';

test.each([
  ['selecting dynamic shared memory ... posix\nPANIC:  could not write: No space left on device', 'The disk is full'],
  ['HINT:  Check free disk space.', 'The disk is full'],
  ['FATAL:  could not create shared memory segment: No space', 'no memory'],
  ['initdb: error: could not access directory: Permission denied', 'start Bosun as their owner'],
  ['postgres: error while loading shared libraries: libicui18n.so.60', 'they need glibc'],
  ['FATAL:  lock file "postmaster.pid" already exists', 'Another PostgreSQL server'],
  ['something never seen', 'If the reason is not clear, set DATABASE_URL'],
])('%j leads to a next step', (output, remedy) => {
  const { message } = explainError('It did not start', output, '/data');
  expect(message).toContain('It did not start in /data. ');
  expect(message).toContain(remedy);
});

test('shows the lines that tell something, when there are such', () => {
  const output = ['ok 1', 'FATAL:  because', 'ok 2', 'ok 3', 'ok 4', 'ok 5', 'ok 6'].join('\n');
  expect(explainError('It did not start', output, '/data').message).toMatch(/Its output:\n  FATAL:  because$/);
});

test('leaves errors alone that no file caused', () => {
  const error = new Error('of another kind');
  expect(explainFileError(error, '/data')).toBe(error);
});
