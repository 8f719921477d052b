import type { ServerConfig } from '../config/server-config.ts';
import { createLogger, type LoggerOptions, type Logger } from '../telemetry/log.ts';

/** The log at the level that was asked for, without any secret. */
export function openLog(level: ServerConfig['logLevel'], redact: LoggerOptions['redact']): Logger {
  return createLogger({ level: levelOf(level), redact });
}

function levelOf(level: ServerConfig['logLevel']): LoggerOptions['level'] {
  switch (level) {
    case 'trace':
      return 'debug';
    case 'fatal':
      return 'error';
    case 'debug':
    case 'info':
    case 'warn':
    case 'error':
    case 'silent':
      return level;
  }
}
