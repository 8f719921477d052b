/** A time as people read it: `2026-11-21 04:42:09 UTC`. */
export function readableTime(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
