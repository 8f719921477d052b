import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../..', import.meta.url);

test('every runtime dependency is listed in docs/dependencies.md with the reason for it', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const rows = [
    ...readFileSync(new URL('docs/dependencies.md', root), 'utf8').matchAll(/^\| `([^`]+)`\s*\|\s*(\S.*?)\s*\|$/gm),
  ];
  expect(rows.map((row) => row[1] ?? '').toSorted()).toEqual(Object.keys(dependencies).toSorted());
});
