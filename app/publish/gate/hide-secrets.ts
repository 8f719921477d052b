import type { FindSecrets } from '../inspect/complete-changes.ts';

/** What stands in a report in place of a name or a text that has a secret in it. */
export const HIDDEN = '[hidden: it contains a secret]';

/**
 * The value with every text that has a secret in it replaced: a finding names what is wrong and never quotes it, and a file
 * or a commit can carry the secret in its name.
 */
export function hideSecrets<T>(value: T, findSecrets: FindSecrets): T {
  return hide(value, findSecrets) as T;
}

function hide(value: unknown, findSecrets: FindSecrets): unknown {
  if (typeof value === 'string') {
    return findSecrets(Buffer.from(value)).length > 0 ? HIDDEN : value;
  }
  if (Array.isArray(value)) {
    return value.map((item) => hide(item, findSecrets));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hide(item, findSecrets)]));
  }
  return value;
}
