import type { ServerConfig } from '../../config/server-config.ts';

/** What one look at the server found. `skip`: it could not be looked at, because something before it is wrong. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail' | 'skip';
  readonly found: string;
  /** What to do next; null where there is nothing to do. */
  readonly remedy: string | null;
}

/** What checks look at. `broken` are settings with a problem; their values in `config` are the defaults. */
export interface Examined {
  readonly config: ServerConfig;
  readonly broken: readonly string[];
}

export function ok(name: string, found: string): Check {
  return { name, state: 'ok', found, remedy: null };
}

export function warn(name: string, found: string, remedy: string | null): Check {
  return { name, state: 'warn', found, remedy };
}

export function fail(name: string, found: string, remedy: string): Check {
  return { name, state: 'fail', found, remedy };
}

export function skip(name: string, found: string): Check {
  return { name, state: 'skip', found, remedy: null };
}
