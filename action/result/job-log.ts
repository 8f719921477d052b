import { randomUUID } from 'node:crypto';
import { takeStart } from '../../protocol/index.ts';
import { stripControls } from '../../app/text/strip-controls.ts';
import type { LogFields, Logger, LogLevel } from '../../app/telemetry/log.ts';

export interface JobLog extends Logger {
  /** Runs what speaks to the runner by commands, while the log is open to them. */
  command(speak: () => void): void;
  /** Ends the fence around the log. */
  close(): void;
}

export interface JobLogOptions {
  readonly write: (line: string) => void;
  /** Takes every known secret out of a text, by value. */
  readonly redact: (text: string) => string;
  readonly isDebug: boolean;
}

const MAX_LINE_CHARS = 2_000;

/**
 * The log of the job: lines for people. It stands in a fence that switches the runner's commands off under a name nobody
 * can guess, so that no text of an issue, an agent or a program can speak to the runner through it.
 */
export function createJobLog(options: JobLogOptions): JobLog {
  const fence = randomUUID();
  let isFenced = true;
  options.write(`::stop-commands::${fence}`);

  function open(): void {
    if (isFenced) {
      options.write(`::${fence}::`);
    }
    isFenced = false;
  }

  function write(level: LogLevel, message: string, fields: LogFields): void {
    if (level === 'debug' && !options.isDebug) {
      return;
    }
    const text = `${level === 'info' ? '' : `${level}: `}${message}${renderFields(fields)}`;
    const line = stripControls(options.redact(text)).replaceAll(/\s*\n\s*/g, ' ⏎ ');
    options.write(takeStart(line, MAX_LINE_CHARS));
  }

  return {
    ...levels({}, write),
    command(speak) {
      open();
      try {
        speak();
      } finally {
        options.write(`::stop-commands::${fence}`);
        isFenced = true;
      }
    },
    close: open,
  };
}

function levels(bound: LogFields, write: (level: LogLevel, message: string, fields: LogFields) => void): Logger {
  function at(level: LogLevel): (message: string, fields?: LogFields) => void {
    return (message, fields) => write(level, message, { ...bound, ...fields });
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => levels({ ...bound, ...fields }, write),
  };
}

function renderFields(fields: LogFields): string {
  const parts = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [`${name}=${renderValue(value)}`],
  );
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function renderValue(value: unknown): string {
  if (value instanceof Error) {
    return value.cause === undefined ? value.message : `${value.message}: ${renderValue(value.cause)}`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
