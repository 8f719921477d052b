import type { Weakening } from '../../task/checks/verdict.ts';
import { isTestPath, type ChangedFile } from './changed-file.ts';
import { findEditedDefinitions } from './find-edited-definitions.ts';
import { findLostTests } from './find-lost-tests.ts';
import { findThresholds } from './find-thresholds.ts';

/** More help nobody; the last one then says how many there are. */
const MOST_FINDINGS = 20;

/**
 * What a change does to that which decides whether it is good. Tests that move, are renamed or are written anew in the
 * same number are no finding, and neither are more tests. `commands` are those of the checks.
 */
export function findWeakened(files: readonly ChangedFile[], commands: readonly string[]): readonly Weakening[] {
  const found = [
    ...findUnreadable(files),
    ...findLostTests(files),
    ...findThresholds(files),
    ...findEditedDefinitions(files, commands),
  ];
  const [last] = found.slice(MOST_FINDINGS);
  return last === undefined
    ? found
    : [
        ...found.slice(0, MOST_FINDINGS),
        { ...last, message: `This and ${found.length - MOST_FINDINGS - 1} more touch what the checks depend on.` },
      ];
}

/** Tests that were text and are none any more, or are too large to look at. */
function findUnreadable(files: readonly ChangedFile[]): Weakening[] {
  return files
    .filter(({ isUnreadable, path }) => isUnreadable && isTestPath(path))
    .map(({ path }) => ({ kind: 'unreadable', path, message: 'The file with tests cannot be read as text any more.' }));
}
