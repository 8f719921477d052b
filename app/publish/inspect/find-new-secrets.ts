/** Finds credentials in bytes: known values and well-known shapes. Names their kinds, never the values. */
export type FindSecrets = (bytes: Uint8Array) => readonly { readonly kind: string }[];

/**
 * Kinds of secrets that the new content has more of than the old. A file of the repository may hold examples that look
 * like credentials; an agent that edits its next line did not put them there.
 */
export function findNewSecrets(
  content: { readonly old: Uint8Array | null; readonly new: Uint8Array },
  findSecrets: FindSecrets,
): string[] {
  const found = countKinds(findSecrets(content.new));
  if (found.size === 0) {
    return [];
  }
  const known = content.old === null ? new Map<string, number>() : countKinds(findSecrets(content.old));
  return [...found].filter(([kind, count]) => count > (known.get(kind) ?? 0)).map(([kind]) => kind);
}

function countKinds(secrets: readonly { readonly kind: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind } of secrets) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}
