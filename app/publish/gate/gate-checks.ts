import { CONTENT_CHECKS, SIZE_CHECKS } from './check-contents.ts';
import { CONTEXT_CHECKS } from './check-context.ts';
import { INSTALL_CHECKS } from './check-installs.ts';
import { LINE_CHECKS } from './check-line.ts';
import { COLLISION_CHECK, PATH_CHECKS } from './check-paths.ts';
import { PATH_FAMILY_CHECKS } from './check-protected.ts';
import type { ChangeCheck, WorkCheck } from './gate-check.ts';

/** Every check of the work as a whole, in the order in which people read what they find. */
export const WORK_CHECKS: readonly WorkCheck[] = [...LINE_CHECKS, ...SIZE_CHECKS, ...CONTEXT_CHECKS, COLLISION_CHECK];

/** Every check of a changed file. */
export const CHANGE_CHECKS: readonly ChangeCheck[] = [
  ...CONTENT_CHECKS,
  ...PATH_CHECKS,
  ...PATH_FAMILY_CHECKS,
  ...INSTALL_CHECKS,
];
