import { parseUsd } from '../budget/money.ts';
import type { NanoUsd } from '../task/task.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d{1,6}(?:\.\d{1,3})?)\s?(s|m|min|h|d)?$/i;
const BYTES = /^(\d{1,12})\s?(k|m|g)?(?:i?b)?$/i;
const BYTE_UNITS: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `30m`, `90s`, `2h`, `7d` or, without a unit, minutes. Milliseconds, or null for anything else and for nothing at all. */
export function parseDurationMs(text: string): number | null {
  const match = DURATION.exec(text.trim());
  if (match === null) {
    return null;
  }
  const ms = Math.round(Number(match[1]) * (UNIT_MS[(match[2] ?? 'm').toLowerCase()] ?? 0));
  return ms > 0 ? ms : null;
}

/** `512m`, `2g`, `4GiB` or a number of bytes; powers of 1024. Null for anything else. */
export function parseBytes(text: string): number | null {
  const match = BYTES.exec(text.trim());
  if (match === null) {
    return null;
  }
  const bytes = Number(match[1]) * (BYTE_UNITS[(match[2] ?? '').toLowerCase()] ?? 1);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
}

/** `5`, `2.50` or `$2`: more than nothing, in nano-USD. Null for anything else. */
export function parseAmount(text: string): NanoUsd | null {
  const nano = parseUsd(text);
  return nano === null || nano === 0 ? null : nano;
}

/** A whole number within bounds, both included. Null for anything else. */
export function parseWhole(text: string, bounds: { min: number; max: number }): number | null {
  if (!/^\d{1,12}$/.test(text.trim())) {
    return null;
  }
  const value = Number(text.trim());
  return value >= bounds.min && value <= bounds.max ? value : null;
}

/** `45 min`, `2 h`, `90 s`: the largest unit that leaves no fraction. */
export function formatDuration(ms: number): string {
  if (ms % 3_600_000 === 0) {
    return `${ms / 3_600_000} h`;
  }
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${Math.round(ms / 1_000)} s`;
}

/** `3 GiB`, `1.4 MiB`, `12 bytes`: the largest unit that leaves at least one. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${Math.round((bytes / 1024 ** power) * 10) / 10} ${units[power] ?? ''}`;
}
