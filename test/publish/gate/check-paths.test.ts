import { describe, expect, test } from 'vitest';
import { decideGate } from '../../../app/publish/gate/decide-gate.ts';
import { foldPath } from '../../../app/publish/gate/fold-path.ts';
import type { Change } from '../../../app/publish/gate/gate-facts.ts';
import { change, gateFacts, POLICY } from './gate-samples.ts';

function codesOf(changes: Change[]): string[] {
  const decision = decideGate(gateFacts({ net: changes }), POLICY);
  return decision.outcome === 'pass' ? [] : decision.findings.map(({ code }) => code);
}

test.each([
  ['a name in decomposed form', 'cafe\u0301.js', 'PATH_NOT_NFC'],
  ['a carriage return at the end', '.gitmodules\r', 'PATH_INVISIBLE'],
  ['a line break', 'a\nb', 'PATH_INVISIBLE'],
  ['an escape sequence', 'a\u001b[31m', 'PATH_INVISIBLE'],
  ['a right-to-left override', 'invoice\u202Efdp.exe', 'PATH_INVISIBLE'],
  ['a zero-width space', 'src/a\u200B.js', 'PATH_INVISIBLE'],
  ['a tag character', 'a\u{E0041}', 'PATH_INVISIBLE'],
  ['a variation selector', 'a\uFE0F', 'PATH_INVISIBLE'],
  ['a Hangul filler', 'a\u3164', 'PATH_INVISIBLE'],
  ['a line separator', 'a\u2028b', 'PATH_INVISIBLE'],
  ['a parent folder', '../a', 'PATH_DOTS'],
  ['its own folder', './a', 'PATH_DOTS'],
  ['an empty part', 'a//b', 'PATH_DOTS'],
  ['a leading slash', '/etc/passwd', 'PATH_DOTS'],
  ['.git', '.git/config', 'PATH_GIT'],
  ['.git inside', 'src/.GIT/hooks/x', 'PATH_GIT'],
  ['.git with a dot', '.git./config', 'PATH_GIT'],
  ['.git with a space', '.git /config', 'PATH_GIT'],
  ['.git with a stream', '.git::$INDEX_ALLOCATION/config', 'PATH_GIT'],
  ['the short name of .git', 'git~1/config', 'PATH_GIT'],
  ['.git in wide letters', '.ｇｉｔ/config', 'PATH_GIT'],
  ['a backslash', 'a\\b', 'PATH_BACKSLASH'],
  ['a device of Windows', 'src/CON', 'PATH_WINDOWS'],
  ['a device with an ending', 'nul.tar.gz', 'PATH_WINDOWS'],
  ['a port', 'docs/com1.txt', 'PATH_WINDOWS'],
  ['the content of another name', '.gitlab-ci.yml::$DATA', 'PATH_WINDOWS'],
  ['241 characters', 'a'.repeat(241), 'PATH_TOO_LONG'],
])('%s is refused', (_, path, code) => {
  expect(codesOf([change(path)])).toContain(code);
});

test.each([
  'src/a.js',
  'docs/Über uns.md',
  '日本語/ファイル.txt',
  '.github/x',
  'a b/c.d',
  'git',
  '.gitignore',
  '🚀.md',
  'a'.repeat(240),
])('%j is a good name', (path) => {
  expect(codesOf([change(path)])).toEqual([]);
});

test('bytes that are not UTF-8 are refused', () => {
  expect(codesOf([change('a\ufffd', { isUtf8: false })])).toEqual(['PATH_NOT_UTF8']);
});

test('a name the base already has may be changed and deleted', () => {
  const known = [change('a\\b', { status: 'M' }), change('cafe\u0301', { status: 'D' })];
  expect(codesOf(known)).toEqual([]);
});

describe('collisions', () => {
  function collide(path: string, existing: string[]): string[] {
    const spellings = new Map<string, string[]>();
    for (const other of [...existing, path]) {
      spellings.set(foldPath(other), [...(spellings.get(foldPath(other)) ?? []), other]);
    }
    const decision = decideGate(gateFacts({ net: [change(path)], spellings }), POLICY);
    const findings = decision.outcome === 'block' ? decision.findings : [];
    return findings.filter(({ code }) => code === 'PATH_COLLISION').map(({ message }) => message);
  }

  test.each([
    ['readme.md', 'README.md'],
    ['Src/a.js', 'src'],
    ['stra\u00dfe', 'STRASSE'],
    ['a', 'a.'],
    ['\u212Belvin', '\u00C5elvin'],
  ])('%j beside %j is refused', (path, existing) => {
    expect(collide(path, [existing])).toEqual([expect.stringContaining(existing)]);
  });

  test('the same path, and other paths, are no collision', () => {
    expect(collide('src/b.js', ['src', 'src/a.js'])).toEqual([]);
  });
});
