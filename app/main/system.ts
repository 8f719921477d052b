import type { Clock } from '../task/clock.ts';
import type { Logger, LogFields } from '../telemetry/log.ts';

/** The real clock and the real chance; everything below takes them as values. */
export const systemClock: Clock = { now: () => new Date() };

/** Rooms that log in the manner of pino (fields first) get the same logger this way. */
export interface FieldsFirstLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export function fieldsFirst(log: Logger): FieldsFirstLog {
  return {
    info: (fields, message) => log.info(message, fields as LogFields),
    warn: (fields, message) => log.warn(message, fields as LogFields),
    error: (fields, message) => log.error(message, fields as LogFields),
  };
}
