import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scanJson } from '../../app/intake/scan-json.ts';

function scan(text: string, maxDepth = 64) {
  return scanJson(Buffer.from(text), { maxDepth });
}

const REFUSED: readonly [string, string, 'too_deep' | 'not_an_object'][] = [
  ['a thousand open brackets', '{"a":' + '['.repeat(1_000), 'too_deep'],
  ['objects nested 65 deep', '{"a":'.repeat(65) + '1' + '}'.repeat(65), 'too_deep'],
  ['an array at the top', '[{"a":1}]', 'not_an_object'],
  ['a string at the top', '"a"', 'not_an_object'],
  ['nothing', '', 'not_an_object'],
  ['an empty object', '{}', 'not_an_object'],
];

test.each(REFUSED)('%s is refused', (_name, text, why) => {
  expect(scan(text)).toEqual({ ok: false, why });
});

const KEYS: readonly [string, string, string[]][] = [
  [
    'keys of the top level only',
    '{"action":"x","issue":{"comment":1},"list":[{"deep":1}]}',
    ['action', 'issue', 'list'],
  ],
  ['a string value that looks like a key', '{"a":"comment\\": 1","b":2}', ['a', 'b']],
  ['brackets inside strings do not nest', `{"a":"${'['.repeat(500)}"}`, ['a']],
  ['an escaped backslash before the closing quote', '{"a":"\\\\","b":1}', ['a', 'b']],
];

test.each(KEYS)('%s', (_name, text, keys) => {
  const result = scan(text);
  expect(result.ok && [...result.keys]).toEqual(keys);
});

test('finds the same keys as JSON.parse in any object', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z0-9 _:,{}[\]]+$/), fc.jsonValue({ maxDepth: 5 }), { minKeys: 1 }),
      (value) => {
        const result = scan(JSON.stringify(value));
        expect(result.ok && [...result.keys].toSorted()).toEqual(Object.keys(value).toSorted());
      },
    ),
  );
});
