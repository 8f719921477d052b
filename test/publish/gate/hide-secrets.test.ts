import { expect, test } from 'vitest';
import { HIDDEN, hideSecrets } from '../../../app/publish/gate/hide-secrets.ts';
import { createRedactor } from '../../../app/text/redact.ts';

const SECRET = 'w3bh00k-Secret-9f8e7d6c';

test.each([
  ['a path', { withheld: [{ code: 'SECRET_FOUND', path: `src/${SECRET}.txt`, message: 'x' }] }],
  [
    'a message that names another path',
    { withheld: [{ code: 'PATH_COLLISION', path: 'a', message: `as \`${SECRET}\`` }] },
  ],
  ['a commit subject', { facts: { line: [{ subject: `Use ${SECRET}` }] } }],
  ['another form', { path: Buffer.from(SECRET).toString('hex') }],
])('%s with a secret in it is not quoted', (_, report) => {
  const { findSecrets } = createRedactor([SECRET]);
  const hidden = JSON.stringify(hideSecrets(report, findSecrets));
  expect(hidden).toContain(HIDDEN);
  expect(hidden).not.toContain('9f8e7d6c');
  expect(hidden).not.toContain(Buffer.from(SECRET).toString('hex'));
});

test('everything else stays as it is', () => {
  const report = { pass: true, net: [{ path: 'a', size: 3, secrets: ['known secret'] }], at: null };
  expect(hideSecrets(report, createRedactor([SECRET]).findSecrets)).toEqual(report);
});
