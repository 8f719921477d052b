import type { FailureCode } from '../task/failure.ts';
import type { Wait } from '../task/task.ts';

/** What a task waits with while a place it needs does not answer, and how it ends when that lasts too long. */
export const AWAY = {
  github: { reason: 'github', code: 'GITHUB_UNAVAILABLE' },
  store: { reason: 'backoff', code: 'STORE_UNAVAILABLE' },
} as const satisfies Record<string, { reason: Wait['reason']; code: FailureCode }>;
