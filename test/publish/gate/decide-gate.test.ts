import { expect, test } from 'vitest';
import { decideGate } from '../../../app/publish/gate/decide-gate.ts';
import type { GateContext, GateFacts } from '../../../app/publish/gate/gate-facts.ts';
import { change, gateFacts, POLICY } from './gate-samples.ts';

const files = (count: number) => Array.from({ length: count }, (_, index) => change(`src/${index}.js`));

const ROWS: readonly (readonly [string, Partial<GateFacts & GateContext>, readonly string[]])[] = [
  ['one file', {}, []],
  ['100 files', { net: files(100) }, []],
  ['101 files', { net: files(101) }, ['TOO_MANY_FILES']],
  ['a listing cut off', { isCut: true }, ['TOO_MANY_FILES']],
  ['50 commits', { commits: 50 }, []],
  ['51 commits', { commits: 51 }, ['COMMITS_TOO_MANY']],
  ['another base', { isOnBase: false }, ['NOT_ON_BASE']],
  ['a patch of 4 MB', { patchBytes: 4 * 1024 * 1024 }, []],
  ['a patch of 4 MB and a byte', { patchBytes: 4 * 1024 * 1024 + 1 }, ['TOO_LARGE']],
  ['a symbolic link', { net: [change('a', { mode: '120000' })] }, ['MODE_NOT_ALLOWED']],
  ['a submodule', { net: [change('a', { mode: '160000' })] }, ['MODE_NOT_ALLOWED']],
  ['a file with the sticky bit', { net: [change('a', { mode: '101644' })] }, ['MODE_NOT_ALLOWED']],
  ['a file that can be run', { net: [change('a', { mode: '100755' })] }, []],
  ['a file that becomes a link', { net: [change('a', { status: 'T', mode: '120000' })] }, ['MODE_NOT_ALLOWED']],
  ['a link that is deleted', { net: [change('a', { status: 'D', oldMode: '120000', mode: '000000' })] }, []],
  ['a small picture', { net: [change('a.png', { isBinary: true, size: 512 * 1024 })] }, []],
  ['a large picture', { net: [change('a.png', { isBinary: true, size: 512 * 1024 + 1 })] }, ['BINARY_TOO_LARGE']],
  ['a large text', { net: [change('a.txt', { size: 3 * 1024 * 1024 })] }, []],
  ['a file without its filter', { net: [change('a.bin', { filterNotRun: 'lfs' })] }, ['FILTER_NOT_RUN']],
  ['an empty file that has a filter', { net: [change('a.bin', { filterNotRun: 'lfs', size: 0 })] }, []],
  ['a secret', { net: [change('a', { secrets: [{ kind: 'github_token', sha256: null }] })] }, ['SECRET_FOUND']],
  [
    'a script at install',
    { net: [change('package.json', { installs: [{ kind: 'script', text: 'x' }] })] },
    ['INSTALL_SCRIPT'],
  ],
  ['a new package', { net: [change('go.mod', { installs: [{ kind: 'dependency', text: 'x' }] })] }, ['NEW_DEPENDENCY']],
  [
    'another registry',
    { net: [change('a.lock', { installs: [{ kind: 'source', text: 'x' }] })] },
    ['DEPENDENCY_SOURCE'],
  ],
  [
    'a lock file that cannot be read',
    { net: [change('bun.lockb', { installs: [{ kind: 'unreadable', text: 'x' }] })] },
    ['DEPENDENCIES_UNREADABLE'],
  ],
  ['text of a stranger', { outsiders: ['eve'] }, ['CONTEXT_NOT_TRUSTED']],
  ['text of nobody knows whom', { outsiders: null }, ['CONTEXT_NOT_TRUSTED']],
  [
    'several at once',
    {
      net: [change('.npmrc', { secrets: [{ kind: 'npm_token', sha256: null }] }), change('b', { mode: '120000' })],
      commits: 99,
    },
    ['COMMITS_TOO_MANY', 'MODE_NOT_ALLOWED', 'SECRET_FOUND'],
  ],
];

test.each(ROWS)('%s', (_, overrides, expected) => {
  const decision = decideGate(gateFacts(overrides), POLICY);
  expect(decision.outcome === 'pass' ? [] : decision.findings.map((item) => item.code)).toEqual(expected);
});

test.each([
  ['a link that came and went', change('a', { mode: '120000' })],
  ['a workflow that came and went', change('.github/workflows/x.yml')],
  ['a file without its filter that came and went', change('a.bin', { filterNotRun: 'lfs' })],
  ['a secret that came and went', change('a', { secrets: [{ kind: 'github_token', sha256: null }] })],
])('%s on the way: the result alone is published', (_, step) => {
  expect(decideGate(gateFacts({ steps: [step] }), POLICY)).toEqual({ outcome: 'pass', history: 'squash' });
});

test.each([
  ['a path', ['test/**'], 'pass'],
  ['another path', ['docs/**'], 'block'],
  ['its hash', ['sha256:0123456789abcdef'], 'pass'],
  ['another hash', ['sha256:1123456789abcdef'], 'block'],
])('a secret by its looks, with %s allowed: %s', (_, secretsAllowed, outcome) => {
  const secrets = [{ kind: 'AWS access key', sha256: `0123456789abcdef${'0'.repeat(48)}` }];
  const net = [change('test/a.js', { secrets })];
  expect(decideGate(gateFacts({ net }), { ...POLICY, secretsAllowed }).outcome).toBe(outcome);
});

test('a secret of this server is allowed by nothing; the refusal of another explains how to allow it', () => {
  const own = change('test/a.js', { secrets: [{ kind: 'known secret', sha256: null }] });
  expect(decideGate(gateFacts({ net: [own] }), { ...POLICY, secretsAllowed: ['**'] }).outcome).toBe('block');
  const other = change('a.js', { secrets: [{ kind: 'npm token', sha256: 'f'.repeat(64) }] });
  expect(decideGate(gateFacts({ net: [other] }), POLICY)).toMatchObject({
    findings: [{ message: expect.stringContaining('secrets_allowed: ["sha256:ffffffffffffffff"]') }],
  });
});

test.each([
  ['trusted', ['eve'], 'hold'],
  ['trusted', [], 'pass'],
  ['always', ['eve'], 'pass'],
  ['always', null, 'pass'],
  ['released', [], 'hold'],
] as const)('push: %s, with text of %j: %s', (push, outsiders, outcome) => {
  expect(decideGate(gateFacts({ outsiders }), { ...POLICY, push }).outcome).toBe(outcome);
});

test('what blocks is not hidden behind what only holds', () => {
  const net = [change('AGENTS.md'), change('CODEOWNERS')];
  expect(decideGate(gateFacts({ net }), POLICY)).toMatchObject({
    outcome: 'block',
    findings: [{ path: 'CODEOWNERS' }],
  });
});

test('what a person sees in the result may stand in the commits that led there', () => {
  const held = change('AGENTS.md');
  expect(decideGate(gateFacts({ net: [held], steps: [held] }), POLICY)).toMatchObject({
    outcome: 'hold',
    history: 'keep',
  });
  const gone = change('CLAUDE.md');
  expect(decideGate(gateFacts({ net: [held], steps: [held, gone] }), POLICY)).toMatchObject({ history: 'squash' });
});

test('a history too long to look at is left out', () => {
  expect(decideGate(gateFacts({ isHistoryCut: true }), POLICY)).toEqual({ outcome: 'pass', history: 'squash' });
});

test('good commits are kept apart', () => {
  expect(decideGate(gateFacts({ steps: files(3) }), POLICY)).toEqual({ outcome: 'pass', history: 'keep' });
});

test('many findings are cut with their number; every message names what to do', () => {
  const decision = decideGate(gateFacts({ net: files(60).map((file) => ({ ...file, mode: '120000' })) }), POLICY);
  const withheld = decision.outcome === 'pass' ? [] : decision.findings;
  expect(withheld).toHaveLength(26);
  expect(withheld.at(-1)).toMatchObject({ code: 'MORE', message: expect.stringContaining('35 more') });
  expect(withheld.every((item) => item.message.length > 20)).toBe(true);
});
