import type { Clock } from '../../task/clock.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { Notices } from './notices.ts';

/** Anybody may send unsigned requests, so that they must not fill the log. */
const LOG_EVERY_MS = 10 * 60_000;
const WRONG_SECRET =
  'deliveries are refused because their signature does not match WEBHOOK_SECRET; compare it with the secret in the settings of the App';

/** Tells a wrong WEBHOOK_SECRET, which otherwise shows only as silence: in the log now and then, and on `/readyz`. */
export function watchSignatures(options: { notices: Pick<Notices, 'set'>; log: Pick<Logger, 'warn'>; clock: Clock }): {
  take(status: number): void;
} {
  const { clock, log, notices } = options;
  let loggedAt = Number.NEGATIVE_INFINITY;
  let refused = 0;
  return {
    take(status) {
      if (status === 202) {
        refused = 0;
        notices.set('webhook secret', null);
      }
      if (status !== 401) {
        return;
      }
      refused += 1;
      notices.set('webhook secret', { kind: 'notes', sentence: WRONG_SECRET });
      const now = clock.now().getTime();
      if (now - loggedAt >= LOG_EVERY_MS) {
        loggedAt = now;
        log.warn('The signature of a delivery does not match WEBHOOK_SECRET; nothing of it was recorded', { refused });
      }
    },
  };
}
