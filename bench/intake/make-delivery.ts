import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';

export const SECRET = 'the-secret-of-the-bench';
const BODY_BYTES = 20_000;

const WORDS =
  'the build page shows how long a job took and now then it reads wrong because seconds are rounded after minutes hours were split off so number has nowhere to go `formatDuration(119_600)` "1m 60s" **expected** [log](https://ci.example/7) > quoted - item'.split(
    ' ',
  );

export interface SignedDelivery {
  readonly event: string;
  readonly body: Buffer;
  readonly signature: string;
}

interface Examples {
  readonly name: string;
  readonly examples: readonly Record<string, unknown>[];
}

/** GitHub's own example of a created issue comment, as an App gets it, with a comment long enough for 20 KB in all. */
export function makeDelivery(): SignedDelivery {
  const all = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly Examples[];
  const example = all.find(({ name }) => name === 'issue_comment')?.examples.find(({ action }) => action === 'created');
  if (example === undefined) {
    throw new Error('@octokit/webhooks-examples has no created issue_comment any more.');
  }
  const comment = example['comment'] as Record<string, unknown>;
  let text = '';
  let body = Buffer.alloc(0);
  while (body.length < BODY_BYTES) {
    text += writeLine(text.length);
    body = Buffer.from(
      JSON.stringify({ ...example, comment: { ...comment, body: text }, installation: { id: 1, node_id: 'MDQ6' } }),
    );
  }
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  return { event: 'issue_comment', body, signature };
}

/** A line of words in no command that repeats: text that is the same over and over would be compressed to nothing. */
function writeLine(seed: number): string {
  let state = seed;
  const words = Array.from({ length: 14 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return `${WORDS[state % WORDS.length]}${state % 7 === 0 ? state % 1_000 : ''}`;
  });
  return `${words.join(' ')}.\n`;
}
