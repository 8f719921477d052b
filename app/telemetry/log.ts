import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import type { LogFields, Logger } from '../task/ports/log.ts';
import { readFields } from './read-fields.ts';

export type { LogFields, Logger } from '../task/ports/log.ts';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LoggerOptions {
  readonly level: LogLevel | 'silent';
  /** Takes every known secret out of a text, by value. */
  readonly redact: (text: string) => string;
  /** Standard output when absent. */
  readonly destination?: DestinationStream;
}

/**
 * JSON lines. Secrets are taken out twice, by value: from every string before it is written as JSON, because escaping
 * would hide a key of several lines, and from the finished line, because a secret can also be a field's name.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { redact } = options;
  const sink = options.destination ?? pino.destination({ fd: 1, sync: true });
  const root = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
    },
    {
      write(line: string) {
        sink.write(redact(line));
      },
    },
  );
  return wrap({}, (level, entry) => root[level](readFields(entry.fields, redact), redact(entry.message)));
}

type Write = (level: LogLevel, entry: { message: string; fields: LogFields }) => void;

function wrap(bound: LogFields, write: Write): Logger {
  function at(level: LogLevel): (message: string, fields?: LogFields) => void {
    return (message, fields) => write(level, { message, fields: { ...bound, ...fields } });
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => wrap({ ...bound, ...fields }, write),
  };
}
