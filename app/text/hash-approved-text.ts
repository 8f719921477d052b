import { createHash } from 'node:crypto';

/** What an approval covers: the words of the issue and of the order, as the signed delivery carried them. */
export interface ApprovedWords {
  readonly title: string;
  readonly body: string;
  readonly request: string;
}

/** SHA-256 (hex) over the canonical JSON of the approved words: keys in a fixed order, nothing else in it. */
export function hashApprovedText({ body, request, title }: ApprovedWords): string {
  return createHash('sha256').update(JSON.stringify({ body, request, title })).digest('hex');
}
