export type LogFields = Readonly<Record<string, unknown>>;

/** One static message and what varies as fields, so that logs can be searched. No field holds a token, a key or a body. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same logger with fields on every line. */
  with(fields: LogFields): Logger;
}

/** What most parts need of it. */
export type Log = Pick<Logger, 'info' | 'warn' | 'error'>;
