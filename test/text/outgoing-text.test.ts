import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanOutput } from '../../app/text/clean-output.ts';
import { frame, type Frame } from '../../app/text/outgoing/frame.ts';
import { OUTGOING_PIECES } from './outgoing-pieces.ts';
import { readPage } from './read-page.ts';

const OPTIONS = { serverUrl: 'https://github.com' };
const AFTER = 'Closes #7, said by us.';
const FRAMES: readonly (Frame | undefined)[] = [undefined, 'quote', 'item'];

/** What is wrong with a page that holds the text between two paragraphs of ours. */
function faultsOf(markdown: string, options: { maxLength?: number; frame?: Frame | undefined } = {}): string[] {
  const { maxLength, frame: kind } = options;
  const shown = cleanOutput(markdown, {
    ...OPTIONS,
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(kind === undefined ? {} : { frame: kind }),
  });
  const tooLong = maxLength !== undefined && shown.length > Math.max(maxLength, 50) ? ['too long'] : [];
  const page = `First of ours.\n\n${frame(shown, kind)}\n\n${AFTER}\n\n<!-- bosun:ours -->`;
  return [...tooLong, ...readPage(page, { before: 'First of ours.', after: AFTER })];
}

const CODE_SPAN = `\`${'a '.repeat(40)}![s](https://evil.test/00ff.png) @octocat owner/other#12 [l](https://evil.test) <img src=x>\``;

describe('a text that is cut anywhere', () => {
  test.each<[string, string]>([
    ['a code span with an image', `Done.\n\n${CODE_SPAN} and more`],
    ['a code span over two lines', `Done \`a\n![s](https://evil.test/x.png) @octocat\` more`],
    ['a double code span', `Done \`\`a \` ![s](https://evil.test/x.png) @octocat\`\` more`],
    ['a fence of backticks', 'ok\n```js\nconst a = 1;\n@octocat closes #12\n```\nmore @octocat'],
    ['a fence of tildes', 'ok\n~~~\n@octocat closes #12\n~~~\nmore'],
    ['a fence of tildes that holds backticks', 'ok\n~~~\n```\n@octocat\n````\n~~~\nmore'],
    ['a fence in a list', '- a\n  ```\n  @octocat\n  ```\n- b'],
    ['a fence in a quote', '> a\n> ~~~\n> @octocat\n> ~~~\n> b'],
    ['indented code', 'a\n\n    @octocat closes #12\n\n\tb @octocat\n\nc'],
    ['a comment', 'a <!-- @octocat --> b'],
    ['a details element', 'a\n<details><summary>s</summary>\n\n@octocat\n\n</details>\nb'],
    ['a raw element', 'a <pre>b</pre> <script>c</script> <textarea>d</textarea> e'],
    ['a link definition', 'a [b] [!WARNING]\n\n[b]: https://evil.test\n[!WARNING]: https://evil.test\n'],
    ['a footnote', 'a[^1]\n\n[^1]: https://evil.test\n'],
    ['a table', '| a | b |\n|---|---|\n| `@octocat` | ![s](https://evil.test) |\n'],
    ['math', 'a $b$ c $`d`$ e\n\n$$\n\\href{https://evil.test}{f}\n$$\n\n```math\ng\n```'],
    ['a diagram', 'a\n\n```mermaid\nclick A href "https://evil.test"\n```\n'],
    ['half of a character', 'a 😀😀😀 b'],
  ])('%s', { timeout: 60_000 }, (_name, markdown) => {
    const wrong: unknown[] = [];
    for (const kind of FRAMES) {
      for (let length = 0; length <= markdown.length; length += kind === undefined ? 1 : 3) {
        const faults = faultsOf(markdown.slice(0, length), { frame: kind });
        const isCut = kind === undefined;
        const cut = isCut ? faultsOf(markdown.padEnd(400, ' z'), { maxLength: length + 60 }) : [];
        if (faults.length + cut.length > 0) {
          wrong.push({ kind, length, faults, cut });
        }
      }
    }
    expect(wrong.slice(0, 3)).toEqual([]);
  });
});

test.each([
  ['an open fence', 'ok\n```js\nconst a', 'ok\n```js\nconst a\n```'],
  ['tildes', '~~~~ js title="x"\na ``` b\n~~~~', '```` js \na ``` b\n````'],
  ['indented code', 'a\n\n    b @c\n\td', 'a\n\n```\nb @c\nd\n```'],
  ['what GitHub would draw', '```mermaid\na\n```', 'A drawing was left out here.'],
  ['one price', 'It costs $5.', 'It costs $5.'],
  ['two prices', 'Between $5 and $6.50.', 'Between `$5` and `$6.50.`'],
])('%s is written so that it means the same everywhere', (_name, markdown, expected) => {
  expect(cleanOutput(markdown, OPTIONS)).toBe(expected);
});

test('a text that grows by being cleaned still fits, and what is left out is mentioned', () => {
  const shown = cleanOutput('@a '.repeat(400), { ...OPTIONS, maxLength: 1_000 });
  expect(shown.length).toBeLessThanOrEqual(1_000);
  expect(shown.length).toBeGreaterThan(700);
  expect(shown).toMatch(/too long\.\*$/);
});

test('nothing that is generated acts or reaches beyond itself', { timeout: 240_000 }, () => {
  const runs = Number(process.env['TRUST_RUNS'] ?? 150);
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...OUTGOING_PIECES), { maxLength: 40 }).map((all) => all.join('')),
      fc.constantFrom(...FRAMES),
      fc.option(fc.integer({ min: 60, max: 200 }), { nil: undefined }),
      (markdown, kind, maxLength) => {
        expect(faultsOf(markdown, { frame: kind, ...(maxLength === undefined ? {} : { maxLength }) })).toEqual([]);
      },
    ),
    { numRuns: runs },
  );
});
