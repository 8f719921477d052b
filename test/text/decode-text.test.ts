import { expect, test } from 'vitest';

import { decodeText } from '../../app/text/decode-text.ts';

const TEXT = 'budget:\n  task: 1\nverify: "Größe prüfen"\n';

test.each([
  ['UTF-8', Buffer.from(TEXT), TEXT],
  ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${TEXT}`), TEXT],
  ['nothing', Buffer.alloc(0), ''],
  ['a view into a larger buffer', Buffer.from(`xx${TEXT}`).subarray(2), TEXT],
])('%s is read', (_what, bytes, text) => {
  expect(decodeText(bytes)).toEqual({ ok: true, text });
});

test.each([
  ['UTF-16 with a byte order mark', Buffer.from(`\ufeff${TEXT}`, 'utf16le'), /UTF-16.*save it as UTF-8/],
  ['UTF-16, the other end first', Buffer.from(`\ufeff${TEXT}`, 'utf16le').swap16(), /UTF-16/],
  ['UTF-16 without a mark', Buffer.from(TEXT, 'utf16le'), /UTF-16/],
  ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), /UTF-32/],
  ['Latin-1', Buffer.from(TEXT, 'latin1'), /not UTF-8 in line 3/],
  ['a torn sequence at the end', Buffer.from('a\nb\xe2\x82', 'latin1'), /not UTF-8 in line 2/],
  ['a NUL', Buffer.from('verify: a\0b\n'), /NUL/],
  [
    'a pointer of Git LFS',
    Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n'),
    /Git LFS/,
  ],
])('%s is named', (_what, bytes, why) => {
  const decoded = decodeText(bytes);
  expect(decoded.ok ? '' : decoded.why).toMatch(why);
});
