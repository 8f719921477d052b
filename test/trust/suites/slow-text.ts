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
  '\n[a]: ',
  '\n> ',
  '\\',
  '*a',
  'www._',
  '!http://\ta<',
];

/** What a pattern is made of that nobody has thought of. */
const LETTERS: readonly string[] = [...'*_~`[]()<>!&\\|-#=:@$"^/.a1 \n\t', '1.', 'http://', 'www.'];

const PROSE = 'plain words, as people write them.\n';
/**
 * A pattern may take so many times as long as prose of the same length on the same machine, and always so many
 * milliseconds of the processor: on a machine of today prose of 64 KiB takes a prompt about 50 ms and a comment below 1 ms.
 */
const TIMES = 3;
const FREE_MS = { prompt: 50, comment: 25, subject: 25 } as const;
const TRIES = 3;

const SIZES = {
  sample: { repeated: 12, mixed: 300 },
  whole: { repeated: 3_000, mixed: 1_000_000 },
} as const;

export const slowText: Suite = {
  name: 'slow text',
  claim: 'No text makes a parser throw, and no pattern repeated to 64 KiB takes much longer than prose of that length',
  async run(size) {
    const random = seeded(4);
    const known = size === 'sample' ? PIECES.filter((_, at) => at % 20 === 0) : PIECES;
    const made = Array.from({ length: SIZES[size].repeated }, () =>
      Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(random, LETTERS)).join(''),
    );
    const prose = repeat(PROSE);
    const limits = READERS.map(({ name, read }) => {
      // The first runs are slower, because nothing is compiled yet.
      const usual = Math.min(...Array.from({ length: 4 }, () => measure(() => read(prose))));
      return Math.max(FREE_MS[name], TIMES * usual);
    });
    const bypasses: string[] = [];
    for (const piece of [...known, ...made]) {
      const text = repeat(piece);
      for (const [index, { name, read }] of READERS.entries()) {
        const ms = fastest(() => read(text), limits[index] ?? 0);
        if (typeof ms === 'string' || ms > (limits[index] ?? 0)) {
          bypasses.push(`${name}: ${JSON.stringify(piece)} repeated ${typeof ms === 'string' ? ms : `takes ${ms} ms`}`);
        }
      }
    }
    for (let index = 0; index < SIZES[size].mixed; index += 1) {
      const text = Array.from({ length: Math.floor(random() * 30) }, () => pick(random, PIECES)).join('');
      // Prompts are read once for each comment; commands and commits are read of everything.
      for (const { name, read } of READERS.filter((reader) => reader.name !== 'prompt' || index % 20 === 0)) {
        const ms = fastest(() => read(text), FREE_MS[name]);
        if (typeof ms === 'string') {
          bypasses.push(`${name}: ${JSON.stringify(text)} ${ms}`);
        }
      }
    }
    return { tries: (known.length + made.length) * READERS.length + SIZES[size].mixed, bypasses };
  },
};

const READERS = [
  { name: 'comment', read: (text: string): unknown => parseComment(text, { prefix: '/' }) },
  { name: 'subject', read: (text: string): unknown => cleanSubject(text) },
  { name: 'prompt', read: (text: string): unknown => visibleText(text) },
] as const;

function repeat(piece: string): string {
  return piece.repeat(Math.ceil(LARGE / piece.length)).slice(0, LARGE);
}

/** Milliseconds of the processor. */
function measure(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  const { system, user } = process.cpuUsage(start);
  return Math.round((user + system) / 1_000);
}

/** The best of a few tries, as collecting garbage of earlier texts also takes time; or that it throws. */
function fastest(work: () => unknown, enough: number): number | string {
  try {
    let best = Infinity;
    for (let count = 0; count < TRIES && best > enough; count += 1) {
      best = Math.min(best, measure(work));
    }
    return best;
  } catch (error) {
    return `throws ${String(error)}`;
  }
}
