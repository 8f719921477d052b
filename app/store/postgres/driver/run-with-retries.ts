import { setTimeout as wait } from 'node:timers/promises';

import { DatabaseError } from '../../database.ts';
import { isStalePlan } from './to-database-error.ts';

const MOST_ATTEMPTS = 8;
const FIRST_DELAY_MS = 4;
const LONGEST_DELAY_MS = 250;

/**
 * Repeats a whole transaction that PostgreSQL refused for reasons of timing: a serialization failure (40001), a
 * deadlock (40P01), or a plan made before a migration. Delays grow and are random, so that two losers do not meet again.
 */
export async function runWithRetries<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries >= MOST_ATTEMPTS || !isWorthRepeating(error)) {
        throw error;
      }
    }
    const ceilingMs = Math.min(FIRST_DELAY_MS * 2 ** tries, LONGEST_DELAY_MS);
    await wait(ceilingMs * (0.5 + Math.random() / 2));
  }
}

function isWorthRepeating(error: unknown): boolean {
  return (
    error instanceof DatabaseError && (error.code === '40001' || error.code === '40P01' || isStalePlan(error.cause))
  );
}
