import { expect, test } from 'vitest';
import { findAnnotations } from '../../../app/task/checks/reports/find-annotations.ts';

function sarif(...results: object[]): string {
  return JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, results }] });
}

function result(path: string, line: number, text: string, more: object = {}): object {
  const location = { physicalLocation: { artifactLocation: { uri: path }, region: { startLine: line } } };
  return { ruleId: 'no-eval', level: 'error', message: { text }, locations: [location], ...more };
}

function find(head: string, base: string | null = null): ReturnType<typeof findAnnotations> {
  return findAnnotations([{ name: 'sast', head: Buffer.from(head), base: base === null ? null : Buffer.from(base) }]);
}

test('a finding of SARIF is shown at its line', () => {
  expect(find(sarif(result('file:///work/repository/src/a.ts', 7, 'Do not.')))).toEqual({
    shown: [{ path: 'src/a.ts', line: 7, level: 'failure', title: 'no-eval', message: 'Do not.' }],
    more: 0,
    problems: [],
  });
});

test('what the base has too is not new, wherever its line went; one more of the same is', () => {
  const base = sarif(result('a.ts', 7, 'Do not use 3.'));
  expect(find(sarif(result('a.ts', 19, 'Do not use 4.')), base).shown).toEqual([]);
  expect(find(sarif(result('a.ts', 7, 'Do not use 3.'), result('a.ts', 9, 'Do not use 3.')), base).shown).toHaveLength(
    1,
  );
});

test('what is suppressed, or old by the word of the tool, is no finding', () => {
  const more = [{ suppressions: [{ kind: 'inSource' }] }, { baselineState: 'unchanged' }, { level: 'none' }];
  expect(find(sarif(...more.map((each) => result('a.ts', 1, 'x', each)))).shown).toEqual([]);
});

test('a failed test of JUnit is shown at the line it names', () => {
  const xml = `<?xml version="1.0"?><testsuites><testsuite name="s"><testcase classname="sum" name="adds &amp; sorts" file="./test/a.py" line="4"><failure message="expected &lt;2&gt;">text</failure></testcase><testcase name="ok"/></testsuite></testsuites>`;
  expect(find(xml).shown).toEqual([
    { path: 'test/a.py', line: 4, level: 'failure', title: 'sum adds & sorts', message: 'expected <2>' },
  ]);
});

test.each<[string, string, RegExp]>([
  ['text', 'all good!', /it is no SARIF/],
  ['half a file', sarif(result('a.ts', 1, 'x')).slice(0, -9), /it is no SARIF/],
  ['a result of another form', sarif({ message: 'x', locations: 3, ruleId: 5 }), /unknown form/],
  ['half of JUnit', '<testsuite><testcase name="a"><failure/></testcase>', /ends in the middle/],
  ['another XML', '<html></html>', /no JUnit/],
  ['entities of its own', '<!DOCTYPE a [<!ENTITY b "c">]><testsuite></testsuite>', /document type/],
  ['nothing', '', /no SARIF/],
])('a report that is %s shows nothing and is named', (_, text, problem) => {
  const found = find(text);
  expect(found.shown).toEqual([]);
  expect(found.problems).toEqual([expect.stringMatching(problem)]);
});

test('a broken report at the base hides what would pass for new', () => {
  const found = find(sarif(result('a.ts', 1, 'x')), '{');
  expect(found).toMatchObject({ shown: [], problems: [expect.stringMatching(/at the base was left out/)] });
});

test('a hundred thousand findings are refused, and thousands are counted', () => {
  const many = (count: number): string =>
    sarif(...Array.from({ length: count }, (_, at) => result(`a${at}.ts`, 1, 'x')));
  expect(find(many(100_000)).problems[0]).toMatch(/larger than 8 MiB/);
  expect(find(many(25_000)).problems[0]).toMatch(/more than 20000 findings/);
  expect(find(many(3_000))).toMatchObject({ more: 2_900, problems: [] });
});

test('paths outside of the repository are counted and not shown', () => {
  const paths = ['/etc/passwd', '../a.ts', 'https://example.com/a.ts', ''];
  expect(find(sarif(...paths.map((path) => result(path, 1, 'x'))))).toMatchObject({ shown: [], more: 4 });
});
