import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';

export const SECRET = 'the-secret-of-the-bench';
const BODY_BYTES = 20_000;

const PROSE = `The build page shows how long a job took, and now and then it reads **1m 60s**.

\`\`\`js
formatDuration(119_600); // '1m 60s', expected "2m"
\`\`\`

> Seconds are rounded after minutes and hours were split off, so a rounded-up 60 has nowhere to go.

`;

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
    text += PROSE;
    body = Buffer.from(
      JSON.stringify({ ...example, comment: { ...comment, body: text }, installation: { id: 1, node_id: 'MDQ6' } }),
    );
  }
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  return { event: 'issue_comment', body, signature };
}
