import { parseComment } from '../../../app/command/parse-comment.ts';
import { cleanSubject } from '../../../app/publish/commits/clean-subject.ts';
import { visibleText } from '../../../app/text/visible-text.ts';
import { OUTGOING_PIECES } from '../../text/outgoing-pieces.ts';
import { pick, seeded, type Suite } from '../suite.ts';

const LARGE = 64 * 1024;
const PIECES: readonly string[] = [
  ...OUTGOING_PIECES,
  '/implement ',
  '\n/',
  '--budget 3',
  '--',
  '=\n',
  '[]',
  '&amp;',
  '<p>',
  '> ',
  '- ',
  '1. ',
  '\u202e',
  '￿',
  '`x`',
  '|-',
];

/** Of the processor; after so long the thread that reads it is ended, and the text is left out. */
const MOST_MS = 3_000;

export const slowText: Suite = {
  name: 'slow text',
  claim: 'No text, repeated to 64 KiB or put together by chance, makes a parser throw or use up the time of its thread',
  async run(size) {
    const bypasses: string[] = [];
    const repeated = size === 'sample' ? PIECES.filter((_, at) => at % 20 === 0) : PIECES;
    for (const piece of repeated) {
      const text = piece.repeat(Math.ceil(LARGE / piece.length)).slice(0, LARGE);
      bypasses.push(...judge(text, `${JSON.stringify(piece)} repeated`));
    }
    const random = seeded(4);
    const mixed = size === 'sample' ? 500 : 1_000_000;
    for (let index = 0; index < mixed; index += 1) {
      const text = Array.from({ length: Math.floor(random() * 30) }, () => pick(random, PIECES)).join('');
      // Prompts are read once for each comment; commands and commits are read of everything.
      bypasses.push(...judge(text, JSON.stringify(text), index % 20 === 0 ? READERS : QUICK));
    }
    return { tries: repeated.length * READERS.length + mixed, bypasses };
  },
};

type Reader = readonly [name: string, read: (text: string) => unknown];

const QUICK: readonly Reader[] = [
  ['comment', (text) => parseComment(text, { prefix: '/' })],
  ['subject', (text) => cleanSubject(text)],
];
const READERS: readonly Reader[] = [...QUICK, ['prompt', (text) => visibleText(text)]];

function judge(text: string, what: string, readers: readonly Reader[] = READERS): string[] {
  return readers.flatMap(([name, read]) => {
    const start = process.cpuUsage();
    try {
      read(text);
    } catch (error) {
      return [`${name}: ${what} throws ${String(error)}`];
    }
    const { system, user } = process.cpuUsage(start);
    const ms = (user + system) / 1_000;
    return ms > MOST_MS ? [`${name}: ${what} takes ${Math.round(ms)} ms`] : [];
  });
}
