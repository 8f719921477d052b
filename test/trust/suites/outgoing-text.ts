import { cleanOutput } from '../../../app/text/clean-output.ts';
import { frame } from '../../../app/text/outgoing/frame.ts';
import { OUTGOING_PIECES } from '../../text/outgoing-pieces.ts';
import { readPage } from '../../text/read-page.ts';
import { pick, seeded, type Suite } from '../suite.ts';

const OURS = { before: 'First of ours.', after: 'Closes #7, said by us.' };

export const outgoingText: Suite = {
  name: 'outgoing text',
  claim: 'Nothing an agent writes acts on GitHub or changes the text around it, wherever it is cut',
  async run(size) {
    const random = seeded(1);
    const tries = size === 'sample' ? 400 : 100_000;
    const bypasses: string[] = [];
    for (let index = 0; index < tries; index += 1) {
      const pieces = Array.from({ length: Math.floor(random() * 40) }, () => pick(random, OUTGOING_PIECES));
      const kind = pick(random, [undefined, 'quote', 'item'] as const);
      const maxLength = pick(random, [60 + Math.floor(random() * 140), 60_000]);
      const source = pieces.join('');
      const options = { serverUrl: 'https://github.com', maxLength, ...(kind === undefined ? {} : { frame: kind }) };
      const page = `${OURS.before}\n\n${frame(cleanOutput(source, options), kind)}\n\n${OURS.after}\n\n<!-- bosun:ours -->`;
      const faults = readPage(page, OURS);
      if (faults.length > 0) {
        bypasses.push(`${JSON.stringify(source)} cut at ${maxLength} as ${kind ?? 'page'}: ${faults.join(', ')}`);
      }
    }
    return { tries, bypasses };
  },
};
