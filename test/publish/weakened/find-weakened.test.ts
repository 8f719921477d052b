import { expect, test } from 'vitest';
import type { ChangedFile } from '../../../app/publish/weakened/changed-file.ts';
import { findWeakened } from '../../../app/publish/weakened/find-weakened.ts';

type Versions = readonly [before: string | null, after: string | null];

function find(changes: Readonly<Record<string, Versions>>, commands: readonly string[] = ['npm test']): string[] {
  const files = Object.entries(changes).map(([path, [before, after]]): ChangedFile => {
    return { path, before, after, isUnreadable: false };
  });
  return findWeakened(files, commands).map(({ kind, path }) => `${kind} ${path}`);
}

const JS = `import { test, expect } from 'vitest';\ntest('adds', () => {\n  expect(add(1, 2)).toBe(3);\n});\ntest('subtracts', () => {\n  expect(sub(2, 1)).toBe(1);\n});\n`;
const ONE_JS = `import { test, expect } from 'vitest';\ntest('adds', () => {\n  expect(add(1, 2)).toBe(3);\n});\n`;
const PYTEST =
  'import pytest\n\ndef test_adds():\n    assert add(1, 2) == 3\n\ndef test_subtracts():\n    assert sub(2, 1) == 1\n';
const UNITTEST = 'class T(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(add(1, 2), 3)\n';
const GO = 'package sum\n\nfunc TestAdds(t *testing.T) {\n\tif Add(1, 2) != 3 {\n\t\tt.Fatal("no")\n\t}\n}\n';
const RUST = '#[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() {\n        assert_eq!(add(1, 2), 3);\n    }\n}\n';
const JUNIT = 'class SumTest {\n    @Test\n    void adds() {\n        assertEquals(3, add(1, 2));\n    }\n}\n';
const RSPEC = "describe Sum do\n  it 'adds' do\n    expect(add(1, 2)).to eq(3)\n  end\nend\n";
const MINITEST = 'class SumTest < Minitest::Test\n  def test_adds\n    assert_equal 3, add(1, 2)\n  end\nend\n';
const PHPUNIT =
  'class SumTest extends TestCase {\n    public function testAdds(): void {\n        $this->assertSame(3, add(1, 2));\n    }\n}\n';
const XUNIT =
  'public class SumTests {\n    [Fact]\n    public void Adds() {\n        Assert.Equal(3, Add(1, 2));\n    }\n}\n';

test.each<[string, string, string]>([
  ['vitest', 'src/sum.test.ts', JS],
  ['pytest', 'tests/test_sum.py', PYTEST],
  ['unittest', 'tests/test_sum.py', UNITTEST],
  ['Go', 'sum/sum_test.go', GO],
  ['Rust', 'tests/sum.rs', RUST],
  ['Rust beside the code', 'src/lib.rs', RUST],
  ['JUnit', 'src/test/java/SumTest.java', JUNIT],
  ['Kotlin', 'src/test/kotlin/SumTest.kt', JUNIT],
  ['rspec', 'spec/sum_spec.rb', RSPEC],
  ['minitest', 'test/sum_test.rb', MINITEST],
  ['PHPUnit', 'tests/SumTest.php', PHPUNIT],
  ['xUnit', 'Sum.Tests/SumTests.cs', XUNIT],
])('%s: a deleted file with tests is found, a moved or new one is not', (_, path, text) => {
  expect(find({ [path]: [text, null] })).toEqual([`test_deleted ${path}`]);
  const moved = path.replace(/([^/]+)$/, 'moved/$1');
  expect(find({ [path]: [text, null], [moved]: [null, text] })).toEqual([]);
  expect(find({ [path]: [null, text] })).toEqual([]);
});

test.each<[string, string, string, string]>([
  ['vitest skip', 'a.test.ts', JS, JS.replace("test('adds'", "test.skip('adds'")],
  ['vitest only', 'a.test.ts', JS, JS.replace("test('adds'", "test.only('adds'")],
  ['vitest skipIf', 'a.test.ts', JS, JS.replace("test('adds'", "test.skipIf(process.env.CI)('adds'")],
  ['jest xit', 'a.test.js', JS.replaceAll('test(', 'it('), JS.replaceAll('test(', 'it(').replace('it(', 'xit(')],
  ['jasmine fdescribe', 'a.spec.js', `describe('a', () => {\n${JS}});`, `fdescribe('a', () => {\n${JS}});`],
  ['mocha this.skip', 'test/a.js', JS, JS.replace('  expect', '  this.skip();\n  expect')],
  ['node:test option', 'a.test.mjs', JS, JS.replace("'adds', ()", "'adds', { skip: true }, ()")],
  ['node:test t.skip', 'a.test.mjs', JS, JS.replace('  expect', "  t.skip('flaky');\n  expect")],
  ['pytest mark', 'test_a.py', PYTEST, PYTEST.replace('def test_adds', '@pytest.mark.skip\ndef test_adds')],
  ['pytest xfail', 'test_a.py', PYTEST, PYTEST.replace('def test_adds', '@pytest.mark.xfail\ndef test_adds')],
  ['pytest.skip', 'test_a.py', PYTEST, PYTEST.replace('    assert add', '    pytest.skip("no")\n    assert add')],
  ['unittest', 'test_a.py', UNITTEST, UNITTEST.replace('    def test', '    @unittest.skip("no")\n    def test')],
  ['Go', 'a_test.go', GO, GO.replace('\tif Add', '\tt.Skip("no")\n\tif Add')],
  ['Rust', 'src/lib.rs', RUST, RUST.replace('#[test]', '#[test]\n    #[ignore]')],
  ['JUnit 5', 'src/test/java/ATest.java', JUNIT, JUNIT.replace('@Test', '@Disabled\n    @Test')],
  ['JUnit 4', 'src/test/java/ATest.java', JUNIT, JUNIT.replace('@Test', '@Ignore @Test')],
  ['Kotlin', 'src/test/kotlin/ATest.kt', JUNIT, JUNIT.replace('@Test', '@Disabled("x")\n    @Test')],
  ['rspec xit', 'spec/a_spec.rb', RSPEC, RSPEC.replace("it 'adds'", "xit 'adds'")],
  ['rspec skip', 'spec/a_spec.rb', RSPEC, RSPEC.replace("'adds' do", "'adds', skip: true do")],
  ['minitest', 'test/a_test.rb', MINITEST, MINITEST.replace('    assert', '    skip "no"\n    assert')],
  [
    'PHPUnit',
    'tests/ATest.php',
    PHPUNIT,
    PHPUNIT.replace('        $this', '        $this->markTestSkipped();\n        $this'),
  ],
  ['xUnit', 'A.Tests/ATests.cs', XUNIT, XUNIT.replace('[Fact]', '[Fact(Skip = "no")]')],
  ['NUnit', 'A.Tests/ATests.cs', XUNIT, XUNIT.replace('[Fact]', '[Test]\n    [Ignore("no")]')],
])('%s: an added skip is found', (_, path, before, after) => {
  expect(find({ [path]: [before, after] })).toEqual([`test_skipped ${path}`]);
});

test.each<[string, Readonly<Record<string, Versions>>]>([
  ['more tests', { 'a.test.ts': [ONE_JS, JS] }],
  ['a renamed test', { 'a.test.ts': [JS, JS.replace("'adds'", "'adds two numbers'")] }],
  [
    'a test that went to another file',
    { 'a.test.ts': [JS, ONE_JS], 'b.test.ts': [null, ONE_JS.replace('adds', 'subtracts')] },
  ],
  ['a skip that is taken away', { 'a.test.ts': [JS.replace('test(', 'test.skip('), JS] }],
  [
    'a skip that moved',
    {
      'a.test.ts': [JS.replace('test(', 'test.skip('), ONE_JS],
      'b.test.ts': [null, ONE_JS.replace('test(', 'test.skip(')],
    },
  ],
  ['pages of a query in a test', { 'a.test.ts': [ONE_JS, `${ONE_JS}const page = list({ skip: 10, take: 5 });\n`] }],
  ['code that is no test', { 'src/list.ts': ['list.skip(1);\n', 'list.skip(2); test.skip;\n'] }],
  ['a deleted file of code', { 'src/sum.ts': ['export const add = 1;\n', null] }],
  ['a deleted fixture', { 'test/fixture/users.json': ['[]', null] }],
  ['a higher threshold', { 'a.csproj': ['minimum=80', 'minimum=90'] }],
  [
    'a dependency',
    {
      'package.json': [
        '{"scripts":{"test":"vitest"}}',
        '{"scripts":{"test":"vitest","build":"tsc"},"dependencies":{"a":"1"}}',
      ],
    },
  ],
  [
    'a fixture of pytest',
    { 'tests/conftest.py': ['import pytest\n', 'import pytest\n\n@pytest.fixture\ndef user():\n    return 1\n'] },
  ],
  [
    'a dependency of gradle',
    { 'build.gradle': ['dependencies {\n}\n', 'dependencies {\n  implementation "a:b:1"\n}\n'] },
  ],
  [
    'a dependency of poetry',
    {
      'pyproject.toml': [
        '[tool.poetry]\nname = "a"\n[tool.pytest.ini_options]\nx = 1\n',
        '[tool.poetry]\nname = "b"\n[tool.pytest.ini_options]\nx = 1\n',
      ],
    },
  ],
  ['a target that no check runs', { Makefile: ['build:\n\tgo build\n', 'build:\n\tgo build ./...\n'] }],
  [
    'a new package with tests of its own',
    {
      'packages/b/package.json': [null, '{}'],
      'packages/b/vitest.config.ts': [null, 'export default {};'],
      'packages/b/a.test.ts': [null, JS],
    },
  ],
  ['documentation', { 'README.md': ['coverage: 90', 'coverage: 10'] }],
])('%s is no finding', (_, changes) => {
  expect(find(changes)).toEqual([]);
});

test.each<[string, Readonly<Record<string, Versions>>, string[], string[]?]>([
  ['one of two tests', { 'a.test.ts': [JS, ONE_JS] }, ['test_deleted a.test.ts']],
  [
    'a test that became a comment',
    { 'a.test.ts': [JS, JS.replace("test('adds'", "// test('adds'")] },
    ['test_deleted a.test.ts'],
  ],
  [
    'a test that became a todo',
    { 'a.test.ts': [JS, JS.replace("test('adds', () => {\n  expect(add(1, 2)).toBe(3);\n});", "test.todo('adds');")] },
    ['test_deleted a.test.ts'],
  ],
  ['tests without assertions', { 'a.test.ts': [JS, JS.replaceAll(/ {2}expect.*\n/g, '')] }, ['test_deleted a.test.ts']],
  [
    'a jest threshold',
    {
      'package.json': [
        '{"jest":{"coverageThreshold":{"global":{"lines": 80}}}}',
        '{"jest":{"coverageThreshold":{"global":{"lines": 10}}}}',
      ],
    },
    ['threshold_lowered package.json', 'test_config package.json'],
  ],
  [
    'a threshold of coverage.py',
    { '.coveragerc': ['[report]\nfail_under = 90\n', '[report]\nfail_under = 9\n'] },
    ['threshold_lowered .coveragerc', 'test_config .coveragerc'],
  ],
  [
    'a threshold that is gone',
    { 'tox.ini': ['x --cov-fail-under=80\n', 'x\n'] },
    ['threshold_lowered tox.ini', 'test_config tox.ini'],
  ],
  [
    'test configuration',
    { 'vitest.config.ts': ['export default {};', "export default { test: { exclude: ['**'] } };"] },
    ['test_config vitest.config.ts'],
  ],
  [
    'added test configuration',
    { 'pytest.ini': [null, '[pytest]\naddopts = -k nothing\n'] },
    ['test_config pytest.ini'],
  ],
  [
    'the pytest section',
    {
      'pyproject.toml': [
        '[tool.pytest.ini_options]\naddopts = ""\n',
        '[tool.pytest.ini_options]\naddopts = "-k nothing"\n',
      ],
    },
    ['test_config pyproject.toml'],
  ],
  [
    'a hook of pytest',
    { 'conftest.py': ['import pytest\n', 'def pytest_collection_modifyitems(items):\n    items.clear()\n'] },
    ['test_config conftest.py'],
  ],
  [
    'the test script',
    { 'package.json': ['{"scripts":{"test":"vitest"}}', '{"scripts":{"test":"vitest || true"}}'] },
    ['check_script package.json'],
  ],
  [
    'the script that a check runs',
    { 'package.json': ['{"scripts":{"verify:all":"vitest"}}', '{"scripts":{"verify:all":"true"}}'] },
    ['check_script package.json'],
    ['npm run verify:all'],
  ],
  [
    'a package file that cannot be read',
    { 'package.json': ['{"scripts":{"test":"vitest"}}', '{'] },
    ['check_script package.json'],
  ],
  [
    'a script that a check names',
    { 'scripts/test.sh': ['npm test\n', 'true\n'] },
    ['check_script scripts/test.sh'],
    ['bash ./scripts/test.sh --all'],
  ],
  [
    'a make target',
    { Makefile: ['test:\n\tgo test ./...\n', 'test:\n\ttrue\n'] },
    ['check_script Makefile'],
    ['make test'],
  ],
  [
    'a target about tests',
    { Makefile: ['test:\n\tgo test ./...\n', 'test:\n\tgo test ./... || true\n'] },
    ['check_script Makefile'],
    ['go vet ./...'],
  ],
  ['a workflow', { '.github/workflows/ci.yml': ['on: push', 'on: never'] }, ['ci_config .github/workflows/ci.yml']],
  ['another CI', { '.gitlab-ci.yml': ['test: {}', ''] }, ['ci_config .gitlab-ci.yml']],
  [
    "Bosun's own file",
    { '.github/bosun.yml': ['verify: npm test', 'verify: "true"'] },
    ['ci_config .github/bosun.yml'],
  ],
  [
    'ignored failures of gradle',
    { 'build.gradle': ['test {\n}\n', 'test {\n  ignoreFailures = true\n}\n'] },
    ['test_config build.gradle'],
  ],
  ['skipped tests of maven', { 'pom.xml': ['<a/>', '<skipTests>true</skipTests>'] }, ['test_config pom.xml']],
])('%s is found', (_, changes, expected, commands) => {
  expect(find(changes, commands)).toEqual(expected);
});

test('a file that a check only looks at, and tests that it runs by name, may be changed', () => {
  const commands = ['test -f OK.md || exit 1', 'FOO=1 node --test sum.test.js'];
  expect(find({ 'OK.md': [null, 'ok'], 'sum.test.js': [ONE_JS, JS] }, commands)).toEqual([]);
});

test('tests that cannot be read any more are found', () => {
  const file = { path: 'a.test.ts', before: JS, after: null, isUnreadable: true };
  expect(findWeakened([file], [])).toMatchObject([{ kind: 'unreadable', path: 'a.test.ts' }]);
});

test('a hundred findings are cut, and the last says how many there are', () => {
  const files = Array.from({ length: 100 }, (_, at) => ({
    path: `${at}.test.ts`,
    before: JS,
    after: null,
    isUnreadable: false,
  }));
  const found = findWeakened(files, []);
  expect(found).toHaveLength(21);
  expect(found.at(-1)?.message).toMatch(/79 more/);
});

test('a megabyte of hostile text is read in well under five seconds', () => {
  const text = `${'test.each'.repeat(110)}\n${"it('".repeat(240)}\n`.repeat(500);
  const file = { path: 'a.test.ts', before: text, after: `${text}x`, isUnreadable: false };
  const startedAt = performance.now();
  findWeakened([file], ['npm test']);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});
