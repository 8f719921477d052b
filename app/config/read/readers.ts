import type { NanoUsd } from '../../task/task.ts';
import { formatDuration, parseAmount, parseBytes, parseDurationMs, parseWhole } from '../quantities.ts';
import type { Read } from '../setting.ts';

/** How to say what is expected, and how to read it: the two halves of a setting that must agree. */
export interface Reader<T> {
  readonly type: string;
  readonly read: (text: string) => Read<T>;
}

export function anyText(type: string): Reader<string> {
  return { type, read: (text) => ({ ok: true, value: text }) };
}

/** A secret of ours to choose: too short a one could be guessed. */
export function longText({ least, what }: { least: number; what: string }): Reader<string> {
  const type = `${what} of at least ${least} characters without blanks`;
  return { type, read: (text) => readOr(text.length >= least && !/\s/.test(text) ? text : null, type) };
}

export function wholeNumber(bounds: { min: number; max: number }): Reader<number> {
  const type = `a whole number from ${bounds.min} to ${bounds.max}`;
  return { type, read: (text) => readOr(parseWhole(text, bounds), type) };
}

/** An amount of USD, or `none` for no cap. */
export function amountOrNone(): Reader<NanoUsd | null> {
  const type = 'an amount of USD above 0, or `none`';
  return {
    type,
    read: (text) => (text.toLowerCase() === 'none' ? { ok: true, value: null } : readOr(parseAmount(text), type)),
  };
}

export function bytes(bounds: { min: number; max: number; shown: string }): Reader<number> {
  const type = `a size such as \`512m\` or \`4g\`, ${bounds.shown}`;
  return { type, read: (text) => readOr(within(parseBytes(text), bounds), type) };
}

export function duration(bounds: { min: number; max: number }): Reader<number> {
  const range = `from ${formatDuration(bounds.min)} to ${formatDuration(bounds.max)}`;
  const type = `a time such as \`30m\` or \`2h\`, ${range}`;
  return { type, read: (text) => readOr(within(parseDurationMs(text), bounds), type) };
}

export function oneOf<const T extends string>(values: readonly T[]): Reader<T> {
  const type = `one of ${values.map((value) => `\`${value}\``).join(', ')}`;
  return { type, read: (text) => readOr(values.find((value) => value === text.toLowerCase()) ?? null, type) };
}

/** Some of the words, separated by commas; at least one, each once. */
export function someOf<const T extends string>(values: readonly T[]): Reader<readonly T[]> {
  const type = `some of ${values.map((value) => `\`${value}\``).join(', ')}, separated by commas`;
  return {
    type,
    read: (text) => {
      const words = text.split(',').map((word) => word.trim().toLowerCase());
      const known = values.filter((value) => words.includes(value));
      return readOr(known.length === new Set(words).size ? known : null, type);
    },
  };
}

/** Some of the words, or the one word `none`. */
export function someOrNone<const T extends string>(values: readonly T[]): Reader<readonly T[]> {
  const some = someOf(values);
  const type = `${some.type}, or \`none\``;
  return {
    type,
    read: (text) => {
      const read = text.trim().toLowerCase() === 'none' ? ({ ok: true, value: [] } as const) : some.read(text);
      return read.ok ? read : { ok: false, expected: type };
    },
  };
}

/** An absolute URL of one of the protocols, without a trailing slash. */
export function url(options: { protocols: readonly string[]; credentials?: 'allowed' }): Reader<string> {
  const starts = options.protocols.map((protocol) => `\`${protocol}//\``).join(' or ');
  const type = `a URL that begins with ${starts}`;
  return {
    type,
    read: (text) => {
      if (!URL.canParse(text)) {
        return { ok: false, expected: type };
      }
      const parsed = new URL(text);
      if (!options.protocols.includes(parsed.protocol) || parsed.host === '') {
        return { ok: false, expected: type };
      }
      if (options.credentials !== 'allowed' && (parsed.username !== '' || parsed.password !== '')) {
        return { ok: false, expected: `${type} without user name and password` };
      }
      return { ok: true, value: text.replace(/\/$/, '') };
    },
  };
}

/** The API's own path is appended, so `/v1` at the end would be there twice and every call would be answered with 404. */
export function modelUrl(): Reader<string> {
  const any = url({ protocols: ['https:', 'http:'] });
  return {
    type: any.type,
    read: (text) =>
      /\/v1(?:\/messages)?\/*$/i.test(text)
        ? { ok: false, expected: `${any.type}, without \`/v1\` at its end` }
        : any.read(text),
  };
}

/** Directories of this machine, separated by colons. Those that would show a worker the machine itself are refused. */
export function directories(): Reader<readonly string[]> {
  const type = 'absolute paths of directories, separated by colons';
  const wide = [
    '/',
    '/bin',
    '/boot',
    '/dev',
    '/etc',
    '/home',
    '/proc',
    '/root',
    '/run',
    '/sys',
    '/tmp',
    '/usr',
    '/var',
  ];
  return {
    type,
    read: (text) => {
      const paths = text
        .split(':')
        .map((path) => path.trim().replace(/(?<=.)\/+$/, ''))
        .filter((path) => path !== '');
      const odd = paths.find((path) => !path.startsWith('/') || path.split('/').includes('..'));
      if (odd !== undefined) {
        return { ok: false, expected: type };
      }
      const tooWide = paths.find((path) => wide.includes(path));
      return tooWide === undefined
        ? { ok: true, value: [...new Set(paths)] }
        : { ok: false, expected: `${type}; ${tooWide} contains more than tools; name the directory of one tool` };
    },
  };
}

/** `unix://` and an absolute path; the path is the value. Bosun and an engine behind a network would not see the same files. */
export function unixSocket(): Reader<string> {
  const type = 'the Unix socket of an engine on this machine, such as `unix:///var/run/docker.sock`';
  return {
    type,
    read: (text) => readOr(/^unix:\/\/(\/[^\0]{1,100})$/.exec(text)?.[1] ?? null, type),
  };
}

/** `host:port`; an IPv6 address stands in brackets. */
export function listenAddress(): Reader<{ readonly host: string; readonly port: number }> {
  const type = 'an address and a port, such as `0.0.0.0:8443` or `[::]:8443`';
  return {
    type,
    read: (text) => {
      const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(text);
      const port = Number(match?.[2]);
      const host = match?.[1]?.replace(/^\[|\]$/g, '') ?? '';
      return readOr(match !== null && port <= 65_535 ? { host, port } : null, type);
    },
  };
}

export function timeZone(): Reader<string> {
  const type = 'a time zone name such as `Europe/Berlin`';
  return {
    type,
    read: (text) => {
      try {
        return { ok: true, value: new Intl.DateTimeFormat('en-US', { timeZone: text }).resolvedOptions().timeZone };
      } catch {
        // The only way to ask whether a zone is known; anything thrown means that it is not.
        return { ok: false, expected: type };
      }
    },
  };
}

function readOr<T>(value: T | null, expected: string): Read<T> {
  return value === null ? { ok: false, expected } : { ok: true, value };
}

function within(value: number | null, bounds: { min: number; max: number }): number | null {
  return value !== null && value >= bounds.min && value <= bounds.max ? value : null;
}
