import { canonicalJson } from './canonical-json.ts';
import { sha256Hex } from './sha256-hex.ts';

/** What an approval covers: the words of the issue and of the order, as the signed delivery carried them. */
export interface ApprovedWords {
  readonly title: string;
  readonly body: string;
  readonly request: string;
}

/** SHA-256 (hex) over the canonical JSON of the approved words and nothing else. */
export function hashApprovedText({ body, request, title }: ApprovedWords): string {
  return sha256Hex(canonicalJson({ body, request, title }));
}
