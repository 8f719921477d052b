import { WAKE_UP_KINDS } from './mailbox.ts';
import type { WakeUp } from '../store/wake-up.ts';

/** The channel on which the stores tell by NOTIFY what wants looking at. */
export const WAKE_CHANNEL = 'bosun_wake';

/** Null when it is none of ours. */
export function parseNotice(payload: string): WakeUp | null {
  try {
    const value = JSON.parse(payload) as { kind?: unknown; id?: unknown } | null;
    const kind = WAKE_UP_KINDS.find((known) => known === value?.kind);
    return kind !== undefined && typeof value?.id === 'string' ? { kind, id: value.id } : null;
  } catch {
    return null;
  }
}
