/** Lines of the new file that the hunks of a unified diff show: where GitHub takes comments. */
export function shownLines(patch: string): ReadonlySet<number> {
  const lines = new Set<number>();
  let next = 0;
  for (const row of patch.split('\n')) {
    const [, start] = /^@@ -\d+(?:,\d+)? \+(\d+)/.exec(row) ?? [];
    if (start !== undefined) {
      next = Number(start);
    } else if (row.startsWith('+') || row.startsWith(' ')) {
      lines.add(next);
      next += 1;
    }
  }
  return lines;
}
