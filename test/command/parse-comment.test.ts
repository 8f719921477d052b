import * as fc from 'fast-check';
import { parse, postprocess, preprocess } from 'micromark';
import { gfm } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';

import { mayHoldCommand, parseComment, type ParsedCommand } from '../../app/command/parse-comment.ts';

function said(text: string, prefix = '/'): string[] {
  return parseComment(text, { prefix }).map((item) => (item.kind === 'command' ? item.name : item.code));
}

function first(text: string, prefix = '/'): ParsedCommand | undefined {
  return parseComment(text, { prefix })[0];
}

function reply(text: string, prefix = '/'): string {
  const item = first(text, prefix);
  return item?.kind === 'reply' ? item.reply : '';
}

describe('a command stands', () => {
  test.each([
    ['alone', '/implement', ['implement']],
    ['in any case', '/IMPLEMENT', ['implement']],
    ['after up to three blanks', '   /status', ['status']],
    ['behind other text', 'Please.\n/implement\n', ['implement']],
    ['after an empty paragraph', 'Please.\n\n/implement', ['implement']],
    ['with Windows line ends', 'Please.\r\n\r\n/implement\r\n', ['implement']],
    ['with old line ends', 'a\r/status', ['status']],
    ['several times', '/cancel\n/implement it\n/status', ['cancel', 'implement', 'status']],
    ['under an alias', '/stop', ['cancel']],
    ['with a full stop', '/status.', ['status']],
    ['after a closed fence', '```\ncode\n```\n/implement', ['implement']],
    ['after a fence in a list that ends with it', '- ```\n  code\n/implement', ['implement']],
    ['after a quote and an empty line', '> They said no.\n\n/implement', ['implement']],
    ['after a closed comment', '<!-- note -->\n/implement', ['implement']],
    ['after a comment of many lines', '<!--\nnote\n-->\n/implement', ['implement']],
    ['after folded details', '<details>\n<summary>log</summary>\n\nlines\n\n</details>\n\n/implement', ['implement']],
    ['directly behind details', '<details>\nlines\n</details>\n/implement', ['implement']],
    ['inside details', '<details>\n\n/implement\n\n</details>', ['implement']],
    ['after a list', '- one\n- two\n\n/implement', ['implement']],
    ['between code spans', 'Use `a`\n/implement with `b`', ['implement']],
    ['after a lone backtick', 'It`s\n\n/implement', ['implement']],
    ['after a tag named in code', 'The `<code>` tag\n\n/implement', ['implement']],
    ['after a link', '[a](b "t")\n/implement', ['implement']],
  ])('%s', (_where, text, names) => {
    expect(said(text)).toEqual(names);
  });
});

describe('nothing is ordered', () => {
  test.each([
    ['by empty text', ''],
    ['in the middle of a line', 'Say /implement to start.'],
    ['by a path', '/usr/bin/node fails'],
    ['by a path with a command in it', '/implement/it'],
    ['by a URL', '//implement'],
    ['by a slash alone', '/'],
    ['by other people’s commands', '/lgtm\n/assign @me\n/retest\n/hold\n/close'],
    ['in a fence', '```\n/implement\n```'],
    ['in a fence of tildes', '~~~ sh\n/implement\n~~~'],
    ['in a fence that is never closed', '```\n/implement'],
    ['in a longer fence', '````\n```\n/implement\n````'],
    ['in a fence closed by the other kind', '```\n~~~\n/implement\n```'],
    ['in a fence whose closing has a word', '```\n``` no\n/implement\n```'],
    ['in a fence in a list', '- a\n\n  ```\n  b\n  ```\n- ```\n/implement`'],
    ['in indented code', 'Text:\n\n    /implement'],
    ['behind a tab', '\t/implement'],
    ['in a quote', '> /implement'],
    ['in a quote in a quote', '> > /implement'],
    ['in the lazy end of a quote', '> They said:\n/implement'],
    ['in a quote in a list', '- > quoted\n/implement'],
    ['in a list', '- /implement\n1. /implement\n* /implement'],
    ['in a heading', '# /implement'],
    ['in a code span', '`/implement`'],
    ['in a code span of many lines', 'a `b\n/implement\nc` d'],
    ['in a code span of two backticks', 'a ``b `\n/implement\nc`` d'],
    ['in a comment', '<!-- \n/implement\n-->'],
    ['in a comment on one line', '<!-- /implement -->'],
    ['in a comment that is never closed', 'Text.\n\n<!--\n/implement\n\n/status'],
    ['in a comment within a paragraph', 'a <!-- b\n/implement\n--> c'],
    ['in a comment within an HTML block', '<div>\n<!--\n\n/implement\n\n-->'],
    ['in a comment that pretends to end', '<!-- -- >\n/implement\n-->'],
    ['in CDATA', '<![CDATA[\n/implement\n]]>'],
    ['in a processing instruction', '<?php\n/implement\n?>'],
    ['in a declaration', '<!X\n/implement\n>'],
    ['in <pre>', '<pre>\n/implement\n</pre>'],
    ['in <PRE>', '<PRE>\n\n/implement\n\n</PRE>'],
    ['in <code>', 'a <code>\n/implement\n</code>'],
    ['in <template>', '<template>\n\n/implement\n\n</template>'],
    ['in a hidden element', '<div hidden>\n\n/implement\n\n</div>'],
    ['in an attribute', 'a <b title="\n/implement\n">c</b>'],
    ['in a link’s title', '[a](b "c\n/implement\n")'],
    ['in a link definition', '[a]: b "c\n/implement\n"'],
    ['in a footnote', '[^1]: c\n/implement'],
    ['by a word of another language', '/реализовать'],
    ['by a full-width slash', '／implement'],
    ['by an invisible first character', '\u200b/implement'],
  ])('%s', (_where, text) => {
    expect(parseComment(text, { prefix: '/' })).toEqual([]);
  });
});

test('the text of a command continues to the next command', () => {
  const [one, two] = parseComment('Hi\n/implement Keep `--old`. \n\n```\n/cancel\n```\n/status now', { prefix: '/' });
  expect(one).toEqual({
    kind: 'command',
    name: 'implement',
    text: 'Keep `--old`.\n\n```\n/cancel\n```',
    flags: {},
    line: 2,
  });
  expect(two).toMatchObject({ name: 'status', line: 7 });
});

describe('flags', () => {
  test.each([
    ['--model claude-opus-5', { model: 'claude-opus-5' }],
    ['--budget 2.50', { budgetNano: 2_500_000_000 }],
    ['--budget=2.50', { budgetNano: 2_500_000_000 }],
    ['--budget $2', { budgetNano: 2_000_000_000 }],
    ['--budget "2"', { budgetNano: 2_000_000_000 }],
    ['—budget 2', { budgetNano: 2_000_000_000 }],
    ['--BUDGET 2', { budgetNano: 2_000_000_000 }],
    ['--max-turns 60', { maxTurns: 60 }],
    ['--max_turns 60', { maxTurns: 60 }],
    ['--timeout 45', { timeoutMs: 2_700_000 }],
    ['--timeout 2h', { timeoutMs: 7_200_000 }],
    ['--base release/1.2', { base: 'release/1.2' }],
    ['--base refs/heads/main', { base: 'main' }],
    ['--path ./packages/core/', { path: 'packages/core' }],
    ['--path "my dir"', { path: 'my dir' }],
    ['--path=“my dir”', { path: 'my dir' }],
    ['--priority 10', { priority: 10 }],
    ['--dry-run', { dryRun: true }],
    ['--dry-run --priority 1', { dryRun: true, priority: 1 }],
  ])('%s is read', (flags, expected) => {
    expect(first(`/implement fast ${flags} please`)).toMatchObject({ text: 'fast please', flags: expected });
  });

  test.each([
    ['--modle x', 'unknown_flag', /no flag `--modle`\. Did you mean `--model`\?/],
    ['--from-scratch', 'unknown_flag', /It takes `--model`/],
    ['--model', 'missing_value', /needs a value: a model id\. Example/],
    ['--model --dry-run', 'missing_value', /`--model` needs a value/],
    ['--budget=', 'missing_value', /`--budget` needs a value/],
    ['--budget 0', 'bad_value', /takes an amount of USD above 0, and `0` is not one/],
    ['--budget -3', 'bad_value', /`-3` is not one/],
    ['--budget lots', 'bad_value', /`lots` is not one/],
    ['--budget 1e9', 'bad_value', /`1e9` is not one/],
    ['--max-turns 0', 'bad_value', /from 1 to 1000/],
    ['--timeout 10s', 'bad_value', /at least one minute/],
    ['--priority 11', 'bad_value', /from 1 to 10/],
    ['--base ../x', 'bad_value', /a branch name/],
    ['--base --upload-pack=x', 'missing_value', /`--base` needs a value/],
    ['--base "--upload-pack=x"', 'bad_value', /a branch name/],
    ['--base a..b', 'bad_value', /a branch name/],
    ['--base a\u202eb', 'bad_value', /`a\?b` is not one/],
    ['--path /etc', 'bad_value', /relative to its root/],
    ['--path a/../../b', 'bad_value', /relative to its root/],
    ['--path .git/hooks', 'bad_value', /relative to its root/],
    ['--model a`b', 'bad_value', /`a\?b` is not one/],
    ['--dry-run=no', 'bad_value', /takes no value/],
    ['--budget 1 --budget 2', 'repeated_flag', /given twice/],
  ])('%s is answered with what to write instead', (flags, code, sentence) => {
    expect(first(`/implement ${flags}`)).toMatchObject({ kind: 'reply', code, line: 1 });
    expect(reply(`/implement ${flags}`)).toMatch(sentence);
  });

  test('belong to the line of the command, and `--` ends them', () => {
    expect(first('/implement a -- --budget x\n--model y')).toMatchObject({
      text: 'a --budget x\n--model y',
      flags: {},
    });
  });

  test('in code, quotes and comments are text', () => {
    expect(first('/implement `the --old flag` "and --this" <!-- --budget 900 -->')).toMatchObject({
      text: '`the --old flag` "and --this"',
      flags: {},
    });
    expect(first("/implement don't break --dry-run it's \"fine")).toMatchObject({
      text: "don't break it's \"fine",
      flags: { dryRun: true },
    });
  });
});

test.each([
  ['/budget', {}],
  ['/budget +5', { addNano: 5e9 }],
  ['/budget + 5', { addNano: 5e9 }],
  ['/budget 5', { addNano: 5e9 }],
  ['/budget +$2.50', { addNano: 2.5e9 }],
])('%s is read', (text, flags) => {
  expect(first(text)).toMatchObject({ name: 'budget', flags });
});

test.each([['/budget -5'], ['/budget 0'], ['/budget all of it']])('%s is answered', (text) => {
  expect(first(text)).toMatchObject({ kind: 'reply', code: 'bad_value' });
});

describe('what is nearly a command', () => {
  test.each([
    ['/implment', '/implement'],
    ['/implemet it', '/implement'],
    ['/cancle', '/cancel'],
    ['/stauts', '/status'],
    ['/retyr', '/retry'],
  ])('%s is answered with %s', (text, meant) => {
    expect(reply(text)).toContain(`Did you mean \`${meant}\`?`);
  });

  test('is answered once a comment', () => {
    expect(said('/implment\n/cancle\n/status')).toEqual(['unknown_command', 'status']);
  });

  test.each([
    ['@bosun dance', '`@bosun dance` is not a command'],
    ['@bosun', 'There is no command in that line'],
    ['@BOSUN implment', 'Did you mean `@bosun implement`?'],
    ['@bosun a`b', '`@bosun a?b` is not a command'],
  ])('after an explicit prefix is always answered: %s', (text, sentence) => {
    expect(reply(text, '@bosun ')).toContain(sentence);
    expect(said(`${text}\n${text}`, '@bosun ')).toEqual(['unknown_command']);
  });
});

test.each([
  ['/bosun ', '/bosun implement --budget 3', ['implement']],
  ['/bosun ', '/Bosun   status', ['status']],
  ['/bosun ', '/implement', []],
  ['/bosun ', '/bosunimplement', []],
  ['@bosun ', '@bosun\timplement', ['implement']],
  ['@bosun ', 'cc @bosun implement', []],
  ['@bosun ', '@bosun-team implement', []],
  ['@bosun ', '/implement', []],
])('with the prefix %j, %j says %j', (prefix, text, names) => {
  expect(said(text, prefix)).toEqual(names);
});

test.each(['plan', 'approve', 'reject'])('/%s is not available yet, and the answer says what is', (name) => {
  expect(first(`/${name}`)).toMatchObject({ kind: 'reply', code: 'not_available' });
  expect(reply(`/${name}`)).toMatch(/not available in this version yet\. \w+/);
});

test('at most ten commands are read', () => {
  const items = said('/status\n'.repeat(12));
  expect(items).toHaveLength(11);
  expect(items.at(-1)).toBe('too_many_commands');
});

test.each([
  ['/implement', true],
  ['text\n  @bosun help', true],
  ['a / b @ c', false],
  ['', false],
])('mayHoldCommand(%j) is %j', (text, expected) => {
  expect(mayHoldCommand(text)).toBe(expected);
});

/** Pieces that Markdown is made of, so that random texts are full of structure. */
const piece = fc.constantFrom(
  '/implement',
  '/status',
  '/implment',
  '\n',
  '\n',
  '\n',
  '\n\n',
  '\n\n',
  ' ',
  '  ',
  '    ',
  '\t',
  '`',
  '``',
  '```',
  '~~~',
  '> ',

  '>',
  '- ',
  '* ',
  '1. ',
  '2) ',
  '# ',
  '---',
  '===',
  '<!--',
  '-->',
  '<b>',
  '<div>',
  '</div>',
  '<pre>',
  '</pre>',
  '<code>',

  '</code>',
  '<a b="',
  '">',
  '<?',
  '?>',
  '<![CDATA[',
  ']]>',
  '<!X',
  '[a](',
  '[a]: b',
  '"',
  ')',
  '\\',
  '|',
  '|-|',
  'x',
  'word',
);
const markdown = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

/** Offsets of the text that CommonMark calls a code span, code block, raw HTML, quote, heading or definition. */
function unseen(text: string): [number, number][] {
  const names = [
    'codeText',
    'codeFenced',
    'codeIndented',
    'htmlText',
    'blockQuote',
    'definition',
    'resource',
    'gfmFootnoteDefinition',
  ];
  const events = postprocess(
    parse({ extensions: [gfm()] })
      .document()
      .write(preprocess()(text, undefined, true)),
  );
  return events
    .filter(([kind, token]) => kind === 'enter' && names.includes(token.type))
    .map(([, token]) => [token.start.offset, token.end.offset]);
}

test('no command is found where CommonMark sees code, a quote, a tag or a definition', () => {
  fc.assert(
    fc.property(markdown, (text) => {
      const starts = text
        .split('\n')
        .reduce<number[]>((all, line) => [...all, (all.at(-1) ?? 0) + line.length + 1], [0]);
      const ranges = unseen(text.replaceAll('\t', '\t'));
      const found = parseComment(text, { prefix: '/' });
      const wrong = found.filter((item) => {
        const at = (starts[item.line - 1] ?? 0) + 1;
        return ranges.some(([from, to]) => from <= at && at < to);
      });
      expect(wrong).toEqual([]);
    }),
    { numRuns: 5_000 },
  );
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), markdown),
      fc.constantFrom('/', '/bosun ', '@bosun '),
      (text, prefix) => {
        for (const item of parseComment(text, { prefix })) {
          expect(item.line).toBeGreaterThan(0);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('the longest comment of the worst kind is read in a few milliseconds', () => {
  const bits = [
    '/implement\n',
    '/implement ',
    '`',
    '`a',
    '<',
    '<a ',
    '<a b="',
    '<!--',
    '<?',
    '](',
    ']( "',
    '> ',
    '>',
    '- ',
    '* ',
    '1. ',
    '<code>',
    '<code></code>\n',
  ];
  bits.push(
    '--budget ',
    '--budget="',
    '"',
    "'a ",
    '\n',
    ' ',
    '\t',
    '\\',
    '|-|\n',
    '/implment\n',
    '~~~\n',
    '<div>\n',
    '<div hidden>\n',
    '-'.repeat(50),
    'a\n/x\n',
    '[a]: b\n',
    '``` `\n',
    '/\n',
    '- a\n ',
    '  - a\n',
    'from:\n',
    'From: a@b.example\n',
    '2026:\n',
    'on 1\n2026:\n',
    '@1:\n',
    'a@b.c 1:\n',
    '::\n',
    '：\n',
    '---a---\n',
    'wrote 2026:\n> a\n',
    'get outlook \n',
  );
  const slow = bits.flatMap((bit) => {
    const text = `/implement\n${bit.repeat(Math.ceil(65_536 / bit.length)).slice(0, 65_000)}\n/status`;
    const best = Math.min(...[1, 2, 3].map(() => timeOf(text)));
    return best > 200 ? [`${JSON.stringify(bit)}: ${best.toFixed(1)} ms`] : [];
  });
  expect(slow).toEqual([]);
});

/** Time of the processor in milliseconds, which other programs on the machine do not add to. */
function timeOf(text: string): number {
  const started = process.threadCpuUsage();
  parseComment(text, { prefix: '/' });
  const { system, user } = process.threadCpuUsage(started);
  return (system + user) / 1_000;
}

describe('blanks, dashes and quotation marks of phones and other scripts', () => {
  const dry = { dryRun: true };
  test.each([
    ['a full-width blank', '/implement\u3000--dry-run', '', dry],
    ['a full-width blank between text and flag', '/implement do it\u3000--dry-run', 'do it', dry],
    ['an en space', '/implement\u2002--dry-run', '', dry],
    ['a narrow no-break space', '/implement\u202f--budget\u202f3', '', { budgetNano: 3_000_000_000 }],
    ['a line separator', '/implement\u2028--dry-run', '', dry],
    ['a zero-width space', '/implement\u200b--dry-run', '', dry],
    ['a zero-width space behind a blank', '/implement \u200b--dry-run', '', dry],
    ['a byte order mark before a flag', '/implement x \ufeff--dry-run', 'x', dry],
    ['an invisible character in the name of a flag', '/implement --dry\u200b-run', '', dry],
    ['a Hangul filler', '/implement\u3164--dry-run', '', dry],
    ['an em dash', '/implement \u2014dry-run', '', dry],
    ['an em dash right behind the command', '/implement\u2014dry-run', '', dry],
    ['hyphens right behind the command', '/implement--dry-run', '', dry],
    ['an en dash', '/implement \u2013budget 3', '', { budgetNano: 3_000_000_000 }],
    ['two en dashes', '/implement \u2013\u2013dry-run', '', dry],
    ['non-breaking hyphens', '/implement \u2011\u2011dry\u2011run', '', dry],
    ['minus signs', '/implement \u2212\u2212dry-run', '', dry],
    ['full-width hyphens', '/implement \uff0d\uff0ddry\uff0drun', '', dry],
    ['three hyphens', '/implement ---dry-run', '', dry],
    ['full-width letters', '/implement --\uff44ry-run', '', dry],
    ['a full-width equals sign', '/implement --budget\uff1d3', '', { budgetNano: 3_000_000_000 }],
    ['curly quotation marks', '/implement --base \u201crelease/1\u201d', '', { base: 'release/1' }],
    ['German quotation marks', '/implement --base \u201erelease/1\u201c', '', { base: 'release/1' }],
    ['guillemets', '/implement --base=\u00abrelease/1\u00bb', '', { base: 'release/1' }],
    [
      'a flag in curly quotation marks, which is text',
      '/implement print \u201c--dry-run\u201d',
      'print \u201c--dry-run\u201d',
      {},
    ],
    ['an arrow and a dash, which are text', '/implement a --> b \u2014 c', 'a --> b \u2014 c', {}],
  ])('%s', (_what, line, text, flags) => {
    expect(first(line)).toMatchObject({ kind: 'command', name: 'implement', text, flags });
  });

  test.each([
    ['one hyphen', '/implement -dry-run', 'unknown_flag', '`--dry-run`'],
    ['one hyphen and a value', '/implement -budget=3', 'unknown_flag', '`--budget`'],
    ['a flag in Cyrillic', '/implement --\u0441\u0443\u0445\u043e', 'unknown_flag', '`--dry-run`'],
    ['an unclosed quotation mark', '/implement --base \u201cmain', 'bad_value', '`--base'],
    ['two kinds of quotation marks', '/implement --path \u201csrc"', 'bad_value', '`--path'],
    ['a full-width digit', '/implement --budget \uff13', 'bad_value', '`--budget'],
    ['flags on the next line', '/implement\n--dry-run', 'misplaced_flag', '`/implement`'],
    ['flags on the last line', '/implement it\n\nThanks\n\u2014budget 3 --dry-run', 'misplaced_flag', '`/implement`'],
    ['a wrong flag on the next line', '/implement\n--budget much', 'misplaced_flag', '`/implement`'],
  ])('%s is answered', (_what, text, code, says) => {
    expect(first(text)).toMatchObject({ kind: 'reply', code });
    expect(reply(text)).toContain(says);
  });

  test('a sentence or a code block about a flag on the next line is text', () => {
    const text = '/implement it\n\n--budget must take a currency\n\n```\n--dry-run\n```';
    expect(first(text)).toMatchObject({ kind: 'command', flags: {} });
  });
});

test.each([
  ['@bosun, implement it', ['implement']],
  ['@bosun: implement', ['implement']],
  ['@Bosun\u00a0implement', ['implement']],
  ['@bosun,', ['unknown_command']],
  ['@bosun, please implement it', ['unknown_command']],
  ['@bosun-x implement', []],
  ['@bosun.example implement', []],
])('with the prefix `@bosun `, `%s` gives %j', (text, names) => {
  expect(said(text, '@bosun ')).toEqual(names);
});
