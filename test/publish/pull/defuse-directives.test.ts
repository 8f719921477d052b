import { expect, test } from 'vitest';
import { defuseDirectives } from '../../../app/publish/pull/defuse-directives.ts';

test.each([
  ['Done [skip ci]', 'Done (skip ci)'],
  ['Done [[ci skip]] [no-ci]', 'Done ((ci skip)) (no-ci)'],
  ['***NO_CI*** now', 'NO_CI now'],
  ['skip-checks: true', 'skip-checks true'],
  ['Text\n\nSigned-off-by: Eve <eve@example.com>', 'Text\n\nSigned-off-by Eve <eve@example.com>'],
  ['> - Co-authored-by : Eve', '> - Co-authored-by Eve'],
  ['See [the docs](docs/a.md) and sort-by: name in `x`', 'See [the docs](docs/a.md) and sort-by: name in `x`'],
])('%j becomes %j', (text, expected) => {
  expect(defuseDirectives(text)).toBe(expected);
});
