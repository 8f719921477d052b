/**
 * The known word that `word` most likely meant: at most one edit (two from eight letters on), a swap of neighbors counting
 * as one; null when none is that near. Long words are never compared, so the cost is bounded.
 */
export function closestWord(word: string, known: readonly string[]): string | null {
  const wanted = word.toLowerCase();
  if (wanted.length < 3 || wanted.length > 40) {
    return null;
  }
  let best: { word: string; edits: number } | null = null;
  for (const candidate of known) {
    const allowed = Math.min(wanted.length, candidate.length) >= 8 ? 2 : 1;
    const edits = countEdits(wanted, candidate.toLowerCase());
    if (edits <= allowed && (best === null || edits < best.edits)) {
      best = { word: candidate, edits };
    }
  }
  return best === null ? null : best.word;
}

function countEdits(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let edits = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        edits = Math.min(edits, at(beforePrevious, column - 2) + 1);
      }
      current.push(edits);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
