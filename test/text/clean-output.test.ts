import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { cleanOutput } from '../../app/text/clean-output.ts';
import { markdownEvents } from '../../app/text/visible/markdown-events.ts';

const OPTIONS = { serverUrl: 'https://github.com', mention: { login: 'Mona' }, issue: 7 };

function clean(markdown: string): string {
  return cleanOutput(markdown, OPTIONS);
}

describe('what an agent writes may not act', () => {
  test.each([
    ['a mention', 'Thanks @octocat!', 'Thanks `@octocat`!'],
    ['a team', 'cc @octo/team', 'cc `@octo/team`'],
    ['a mention behind a backslash', 'Thanks \\@octocat', 'Thanks `@octocat`'],
    ['a mention by reference', 'Thanks &#64;octocat', 'Thanks `@octocat`'],
    ['a mention split by a comment', 'Thanks @octo<!-- -->cat', 'Thanks `@octocat`'],
    ['a mention split by an invisible character', 'Thanks @octo\u200bcat', 'Thanks `@octocat`'],
    ['a mention in emphasis', '**@octocat**', '**`@octocat`**'],
    ['a mention in a heading', '# @octocat', '# `@octocat`'],
    ['a mention behind a slash', '/@octocat', '/`@octocat`'],
    ['a mention behind a stray backtick', 'a ` b @octocat c', 'a \\` b `@octocat` c'],
    ['a mention behind code', '`a`@octocat`b`', '`a` `@octocat` `b`'],
    ['a mention behind a backslash of its own', 'a \\\\@octocat', 'a \\\\ `@octocat`'],
    ['the requester for the second time', '@mona and @mona', '@mona and `@mona`'],
    ['a mail address', 'mail a.b@example.com', 'mail `a.b@example.com`'],
    ['a closing keyword', 'Fixes #12', 'Fixes `#12`'],
    ['a closing keyword with a colon', 'closes: #12', 'closes: `#12`'],
    ['a reference behind a backslash', 'Fixes \\#12', 'Fixes `#12`'],
    ['a reference by reference', 'Fixes &num;12', 'Fixes `#12`'],
    ['a reference elsewhere', 'Fixes octo/repo#12', 'Fixes `octo/repo#12`'],
    ['an old reference', 'Fixes GH-12', 'Fixes `GH-12`'],
    ['a commit elsewhere', 'See octo/repo@0123456789', 'See `octo/repo@0123456789`'],
    ['a longer number that begins with the own one', 'Fixes #71', 'Fixes `#71`'],
    [
      'an issue’s address',
      'Fixes https://github.com/octo/repo/issues/12',
      'Fixes `https://github.com/octo/repo/issues/12`',
    ],
    ['a foreign address', 'See https://example.com/?q=secret.', 'See `https://example.com/?q=secret`.'],
    ['an address without a scheme', 'See www.example.com', 'See `www.example.com`'],
    ['an address in angles', 'See <https://example.com>', 'See `https://example.com`'],
    [
      'an address that looks like the own one',
      'https://github.com@example.com/a',
      '`https://github.com@example.com/a`',
    ],
    ['an address on a deeper host', 'https://github.com.example.com/a', '`https://github.com.example.com/a`'],
    ['an own address with a query', 'https://github.com/login?return_to=x', '`https://github.com/login?return_to=x`'],
    ['an own address with encoded parts', 'https://github.com/o/r/%69ssues/1', '`https://github.com/o/r/%69ssues/1`'],
    ['an odd scheme', '<javascript:alert(1)>', '`javascript:alert(1)`'],
    ['a link', '[here](https://example.com)', 'here'],
    ['an image', 'a ![b](https://example.com/?q=secret) c', 'a  c'],
    ['HTML', '<img src="https://example.com">a <b>b</b><script>', 'a b\\<script>'],
    ['a comment that looks like ours', '<!-- bosun:task:1 -->a', 'a'],
    ['terminal colors', '\u001b[31mred\u001b[0m', 'red'],
  ])('%s', (_name, markdown, expected) => {
    expect(clean(markdown)).toBe(expected);
  });
});

describe('what an agent writes stays readable', () => {
  test.each([
    ['the requester, once', 'Thanks @mona.'],
    ['the own issue', 'Fixes #7.'],
    [
      'pages of the server',
      'See https://github.com/octo/repo/blob/main/src/a.ts#L10 and https://github.com/octo/repo.',
    ],
    ['code', 'Call `@decorator` and\n\n```ts\n@Injectable() // fixes #12, https://example.com\n```'],
    ['lists, tables and headings', '# Title\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |'],
    ['escapes', 'a \\* b \\` c'],
    ['numbers and signs', 'C# and #hashtag and 5 @ 3'],
  ])('%s', (_name, markdown) => {
    expect(clean(markdown)).toBe(markdown);
  });
});

test('what is too long is cut, with a note', () => {
  const cleaned = cleanOutput('word '.repeat(1_000), { ...OPTIONS, maxLength: 200 });
  expect(cleaned.length).toBeLessThanOrEqual(200);
  expect(cleaned).toMatch(/The rest was cut because it is too long\.\*$/);
});

test('a cut inside a code block closes it', () => {
  const cleaned = cleanOutput(`\`\`\`\n${'line\n'.repeat(100)}\`\`\``, { ...OPTIONS, maxLength: 200 });
  expect(cleaned).toMatch(/line\n```\n\n\*The rest was cut/);
});

const piece = fc.constantFrom(
  '@octocat',
  '@mona',
  '#12',
  '#7',
  'octo/repo#1',
  'GH-3',
  'fixes ',
  'https://example.com/a',
  'https://github.com/o/r',
  'www.a.b',
  'a@b.cc',
  '`',
  '``',
  '```\n',
  '\\',
  ' ',
  '\n',
  '\n\n',
  '*',
  '**',
  '_',
  '[',
  '](',
  ')',
  '<',
  '>',
  '<b>',
  '</b>',
  '<!--',
  '-->',
  '&#64;',
  '&#35;',
  '&lt;',
  'a',
  '|',
  '|-|',
  '- ',
  '> ',
  '    ',
  '~~~\n',
  '!',
  '"',
  '/',
  '-',
  '\u200b',
);

/** The text outside of code as GitHub would search it: without escapes and references. */
function prose(markdown: string): string {
  const codes = markdownEvents(markdown)
    .filter(([kind, token]) => kind === 'enter' && ['codeFenced', 'codeIndented', 'codeText'].includes(token.type))
    .map(([, token]) => [token.start.offset, token.end.offset] as const);
  let text = '';
  let at = 0;
  for (const [from, to] of codes) {
    text += `${markdown.slice(at, from)}\u0000`;
    at = to;
  }
  return (text + markdown.slice(at))
    .replaceAll(/\\([!-/:-@[-`{-~])/g, '$1')
    .replaceAll(/&#64;/g, '@')
    .replaceAll(/&#35;/g, '#');
}

test('nothing in any text acts', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }).map((all) => all.join('')),
      (markdown) => {
        const cleaned = clean(markdown);
        const text = prose(cleaned).replaceAll(/https:\/\/github\.com\/o\/r\S*/g, '');
        expect(text.match(/@[a-z\d]/gi)?.length ?? 0).toBeLessThanOrEqual(/@mona/i.test(text) ? 1 : 0);
        expect(text.match(/#\d+/g)?.filter((one) => one !== '#7') ?? []).toEqual([]);
        const links = markdownEvents(cleaned).filter(
          ([kind, token]) =>
            kind === 'enter' &&
            ['link', 'image', 'definition', 'autolink', 'literalAutolink', 'htmlText', 'htmlFlow'].includes(token.type),
        );
        const targets = links.map(([, token]) => cleaned.slice(token.start.offset, token.end.offset));
        expect(targets.filter((target) => !target.startsWith('https://github.com/o/r'))).toEqual([]);
      },
    ),
    { numRuns: 1_500 },
  );
});
