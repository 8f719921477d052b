import { describe, expect, test } from 'vitest';
import { decideGate } from '../../../app/publish/gate/decide-gate.ts';
import { PROTECTED_FAMILIES } from '../../../app/publish/gate/protected-paths.ts';
import { foldPath } from '../../../app/publish/gate/fold-path.ts';
import { change, gateFacts, POLICY } from './gate-samples.ts';

function judge(path: string, protectedPaths: string[] = []): string {
  const decision = decideGate(gateFacts({ net: [change(path)] }), { ...POLICY, protectedPaths });
  return decision.outcome;
}

function isProtected(path: string, protectedPaths: string[] = []): boolean {
  return judge(path, protectedPaths) !== 'pass';
}

test.each([
  ['.github/workflows/ci.yml', 'block'],
  ['.github/actions/setup/action.yml', 'block'],
  ['CODEOWNERS', 'block'],
  ['.gitmodules', 'block'],
  ['.lfsconfig', 'block'],
  ['.gitattributes', 'block'],
  ['.github/bosun.yml', 'block'],
  ['AGENTS.md', 'hold'],
  ['docs/CLAUDE.md', 'hold'],
  ['.claude/settings.json', 'hold'],
  ['.cursor/rules/a.mdc', 'hold'],
  ['.mcp.json', 'hold'],
  ['.npmrc', 'hold'],
  ['web/.yarnrc.yml', 'hold'],
  ['.husky/pre-commit', 'hold'],
  ['.githooks/pre-push', 'hold'],
  ['.devcontainer/devcontainer.json', 'hold'],
  ['.vscode/tasks.json', 'hold'],
  ['.circleci/config.yml', 'hold'],
  ['.gitlab-ci.yml', 'hold'],
  ['.sometool/config.json', 'hold'],
  ['.changeset/brave-cats.md', 'pass'],
  ['.github/ISSUE_TEMPLATE/bug.md', 'pass'],
  ['.eslintrc.json', 'pass'],
])('%s: %s', (path, outcome) => {
  expect(judge(path)).toBe(outcome);
});

test.each([
  '.github/workflows/ci.yml',
  '.github/workflows/deep/er/ci.yml',
  '.GitHub/Workflows/CI.yml',
  '.github/workflows./ci.yml',
  '.github /workflows/ci.yml',
  '.github\\workflows\\ci.yml',
  '.ｇithub/workflows/ci.yml',
  '.github/workﬂows/ci.yml',
  '.git\u200bhub/workflows/ci.yml',
  '.git\u00adhub/workflows/ci.yml',
  '.github/work\ufe0fflows/ci.yml',
  '.github/wor\u212Aflows/ci.yml',
  '.github/workflow\u017F/ci.yml',
  '.github/workflows',
  '.github/actions/setup/action.yml',
  'CODEOWNERS',
  '.github/CODEOWNERS',
  'docs/codeowners',
  '.gitmodules',
  '.gitmodules\r',
  'vendor/.gitattributes',
  '.lfsconfig',
  '.husky/pre-commit',
  '.githooks/pre-push',
  'packages/app/.husky/pre-commit',
  'AGENTS.md',
  'packages/app/AGENTS.md',
  'CLAUDE.md',
  '.claude/settings.json',
  '.cursor/rules/x.mdc',
  '.mcp.json',
  '.github/copilot-instructions.md',
  '.npmrc',
  'packages/app/.npmrc',
  '.devcontainer/devcontainer.json',
  '.vscode/tasks.json',
  '.github/bosun.yml',
  '.GITHUB/BOSUN.YML',
  '.gitlab-ci.yml',
  '.circleci/config.yml',
  'Jenkinsfile',
  '.yarn/releases/yarn-4.cjs',
  'web/.yarn/plugins/x.cjs',
  'lefthook.yaml',
  '.lefthook/pre-commit/x.sh',
  '.gitpod.yml',
  '.kiro/steering/rules.md',
  '.junie/guidelines.md',
  '.gitea/workflows/ci.yaml',
  'app.code-workspace',
  '.mvn/extensions.xml',
  'opencode.json',
  'renovate.json',
])('%j is protected', (path) => {
  expect(isProtected(path)).toBe(true);
});

test.each([
  'src/index.js',
  'package.json',
  'package-lock.json',
  'pnpm-lock.yaml',
  '.github/ISSUE_TEMPLATE/bug.md',
  '.github/pull_request_template.md',
  'github/workflows/ci.yml',
  'docs/.github/workflows/example.yml',
  'src/agents.mdx',
  'my.husky/x',
  'src/codeowners.js',
  '.gitignore',
  'README.md',
])('%j is free', (path) => {
  expect(isProtected(path)).toBe(false);
});

describe('paths of the repository file', () => {
  test.each([
    ['migrations/**', 'migrations/001.sql', true],
    ['migrations/**', 'migrations', true],
    ['migrations/**', 'src/migrations/001.sql', false],
    ['**/*.pem', 'keys/deep/a.pem', true],
    ['**/*.pem', 'a.PEM', true],
    ['*.pem', 'keys/a.pem', false],
    ['/infra/*.tf', 'infra/main.tf', true],
    ['infra/*.tf', 'infra/deep/main.tf', false],
    ['a?c', 'abc', true],
    ['**', 'anything/at/all', true],
    ['', 'src/a.js', false],
  ])('%j on %j: %s', (pattern, path, expected) => {
    expect(isProtected(path, [pattern])).toBe(expected);
  });

  test('a pattern made to be slow is not', () => {
    const pattern = `${'**/'.repeat(200)}${'*a'.repeat(200)}b`;
    const path = `${'a/'.repeat(500)}${'a'.repeat(5_000)}`;
    const start = performance.now();
    const decision = decideGate(gateFacts({ net: [change(path)] }), { ...POLICY, protectedPaths: [pattern] });
    expect(decision).toMatchObject({ findings: [{ code: 'PATH_TOO_LONG' }] });
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

test('deleting or changing a protected file counts as touching it', () => {
  const touched = [change('CODEOWNERS', { status: 'D' }), change('.npmrc', { status: 'M' })];
  const decisions = touched.map((each) => decideGate(gateFacts({ net: [each] }), POLICY));
  const found = decisions.flatMap((each) => (each.outcome === 'pass' ? [] : each.findings));
  expect(found.map(({ code, path }) => `${code} ${path}`)).toEqual([
    'PATH_PROTECTED CODEOWNERS',
    'PACKAGE_CONFIG .npmrc',
  ]);
  expect(found[0]?.message).toContain('by hand');
});

test('every pattern of the list is written in the folded form it is compared in', () => {
  const patterns = PROTECTED_FAMILIES.flatMap((family) => family.patterns);
  expect(patterns.filter((pattern) => foldPath(pattern) !== pattern)).toEqual([]);
});
