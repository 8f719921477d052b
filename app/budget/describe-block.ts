/** What keeps every task of a queue from starting, the first one included. */
export type QueueBlock =
  | { readonly scope: 'server' | 'repository'; readonly limit: number }
  | { readonly scope: 'pause'; readonly by: string; readonly note: string | null };

/** Why a task waits that is first in its queue, which its position alone does not say. A sentence without its end. */
export function describeBlock(block: QueueBlock): string {
  if (block.scope === 'pause') {
    const note = block.note === null ? '' : ` (${block.note})`;
    return `${block.by} paused all tasks of this server${note}; they start after \`bosun resume --all\``;
  }
  const { limit, scope } = block;
  if (scope === 'repository') {
    return limit === 1
      ? 'the one slot of this repository is in use'
      : `all ${limit} slots of this repository are in use`;
  }
  return limit === 1
    ? 'the one server slot is in use, possibly by another repository'
    : `all ${limit} server slots are in use, possibly by other repositories`;
}
