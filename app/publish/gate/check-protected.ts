import type { Withheld } from '../../task/outcome.ts';
import { foldPath } from './fold-path.ts';
import type { Change, GatePolicy } from './gate-facts.ts';
import { matchPath } from './match-path.ts';
import { PROTECTED_FAMILIES } from './protected-paths.ts';

/** `PATH_PROTECTED`: files of the block list, changed, added or deleted, however they are spelled. */
export function checkProtected(changes: readonly Change[], policy: Pick<GatePolicy, 'protectedPaths'>): Withheld[] {
  const own = {
    why: 'the repository protects it in `.github/bosun.yml`',
    patterns: policy.protectedPaths.map(foldPath),
  };
  const families = [...PROTECTED_FAMILIES, own];
  return changes.flatMap((change) => {
    const folded = foldPath(change.path);
    const family = families.find(({ patterns }) => patterns.some((pattern) => matchPath(folded, pattern)));
    if (family === undefined) {
      return [];
    }
    const message = `This file may not be changed by an agent, because ${family.why}. Make that part of the change by hand.`;
    return [{ code: 'PATH_PROTECTED', path: change.path, message }];
  });
}
