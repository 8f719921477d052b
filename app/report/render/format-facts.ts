import { formatUsd } from '../../budget/money.ts';
import type { NanoUsd } from '../../task/task.ts';

/** `$0.42`; amounts below a cent keep two digits that count, so that something spent never reads as nothing. */
export function formatDollars(nano: NanoUsd): string {
  return `$${formatUsd(nano)}`;
}

/** `45 s`, `6 min 12 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) {
    return minutes % 60 > 0 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  }
  if (minutes > 0) {
    return seconds % 60 > 0 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  }
  return `${seconds} s`;
}

/** A guess, rounded so that it neither lies nor changes with every look: `under a minute`, `about 10 min`, `about 2 h`. */
export function formatGuess(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) {
    return 'under a minute';
  }
  if (minutes < 5) {
    return `about ${Math.ceil(minutes)} min`;
  }
  if (minutes < 60) {
    return `about ${Math.ceil(minutes / 5) * 5} min`;
  }
  const halfHours = Math.ceil(minutes / 30) / 2;
  return `about ${halfHours} h`;
}

const TIME = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});

/** `21 Nov 2026, 14:05 UTC`. */
export function formatTime(at: Date): string {
  return `${TIME.format(at)} UTC`;
}

/** `12,345`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 file`, `3 files`. */
export function formatMany(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
