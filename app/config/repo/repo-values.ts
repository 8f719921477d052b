import { isMap, isScalar, isSeq, type Node, type ParsedNode } from 'yaml';

import { AGENT_PROGRAM_NAMES, COMMAND_NAMES, takeStart, UNSUPPORTED_AGENTS } from '../../../protocol/index.ts';
import type { TaskSettings } from '../../task/task.ts';
import { closestWord } from '../closest-word.ts';
import { labelKey } from '../label-name.ts';
import { parseAmount, parseDurationMs, parseWhole } from '../quantities.ts';

/** A value of the file, or what is wrong with it; `at` is the node to point to when it is not the value itself. */
export type RepoRead<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly at?: Node };

export interface RepoReader<T> {
  /** For people, and shown with a mistake. */
  readonly allowed: string;
  readonly read: (node: ParsedNode) => RepoRead<T>;
}

export function text(options: { allowed: string; maxLength: number }): RepoReader<string> {
  return {
    allowed: options.allowed,
    read: (node) => {
      if (!isScalar(node) || typeof node.value !== 'string' || node.value.trim() === '') {
        const isUnquoted = isScalar(node) && (typeof node.value === 'boolean' || typeof node.value === 'number');
        const hint = isUnquoted ? '; put it in quotes' : '';
        return { ok: false, message: `expected a text, found ${describe(node)}${hint}` };
      }
      return node.value.length > options.maxLength
        ? { ok: false, message: `expected at most ${options.maxLength} characters, found ${node.value.length}` }
        : { ok: true, value: node.value };
    },
  };
}

export function oneLine(options: { allowed: string; maxLength: number }): RepoReader<string> {
  const whole = text(options);
  return {
    allowed: options.allowed,
    read: (node) => {
      const value = whole.read(node);
      return value.ok && /[\p{Cc}\p{Cf}]/u.test(value.value)
        ? { ok: false, message: 'expected one line without control or invisible characters' }
        : value;
    },
  };
}

/** A directory of the repository, without `/` at its ends. */
export const directory: RepoReader<string> = {
  allowed: 'a directory of the repository, such as `packages/web`',
  read: (node) => {
    const value = oneLine({ allowed: '', maxLength: 250 }).read(node);
    if (!value.ok) {
      return value;
    }
    const path = value.value.replace(/^\.\//, '').replace(/\/+$/, '');
    const isInside = path.split('/').every((part) => !['', '.', '..', '.git'].includes(part));
    return isInside && !/[*?[\]\\!"]/.test(path)
      ? { ok: true, value: path }
      : { ok: false, message: `expected a directory of the repository without wildcards, found ${describe(node)}` };
  },
};

/** A path pattern, or `sha256:` and at least 16 hexadecimal digits, so that nothing is let through by chance. */
export const allowedSecret: RepoReader<string> = {
  allowed: 'a path pattern, or `sha256:` and 16 to 64 hexadecimal digits',
  read: (node) => {
    const value = oneLine({ allowed: '', maxLength: 250 }).read(node);
    return value.ok && /^sha256:/i.test(value.value) && !/^sha256:[0-9a-f]{16,64}$/.test(value.value)
      ? { ok: false, message: `expected \`sha256:\` and 16 to 64 hexadecimal digits, found ${describe(node)}` }
      : value;
  },
};

export function whole(bounds: { min: number; max: number }): RepoReader<number> {
  const allowed = `a whole number from ${bounds.min} to ${bounds.max}`;
  return { allowed, read: (node) => written(node, (value) => parseWhole(value, bounds), allowed) };
}

export function usd(): RepoReader<number> {
  const allowed = 'an amount of USD above 0, such as `2.50`';
  return { allowed, read: (node) => written(node, parseAmount, allowed) };
}

export function time(bounds: { maxMs: number; shown: string }): RepoReader<number> {
  const allowed = `a time such as \`30m\` or \`2h\`, from 1 min to ${bounds.shown}; a number alone is minutes`;
  return {
    allowed,
    read: (node) =>
      written(
        node,
        (value) => {
          const ms = parseDurationMs(value);
          return ms !== null && ms >= 60_000 && ms <= bounds.maxMs ? ms : null;
        },
        allowed,
      ),
  };
}

/** `auto`, `none`, one shell command, or a list of them that run one after the other. */
export const setup: RepoReader<'auto' | readonly string[]> = {
  allowed: '`auto`, `none`, a shell command of at most 4000 characters, or a list of at most 20 of them',
  read: (node) => {
    const command = text({ allowed: '', maxLength: 4_000 });
    if (!isSeq(node)) {
      const one = command.read(node);
      if (!one.ok) {
        return one;
      }
      if (one.value.trim() === 'auto') {
        return { ok: true, value: 'auto' };
      }
      return { ok: true, value: one.value.trim() === 'none' ? [] : [one.value] };
    }
    return listOf(command, { allowed: '', max: 20 }).read(node);
  },
};

export const yesOrNo: RepoReader<boolean> = {
  allowed: '`true` or `false`',
  read: (node) =>
    isScalar(node) && typeof node.value === 'boolean'
      ? { ok: true, value: node.value }
      : { ok: false, message: `expected \`true\` or \`false\`, found ${describe(node)}` },
};

export function choice<const T extends string>(values: readonly T[]): RepoReader<T> {
  const allowed = values.map((value) => `\`${value}\``).join(', ');
  return {
    allowed,
    read: (node) => {
      const found = isScalar(node) ? values.find((value) => value === node.value) : undefined;
      if (found !== undefined) {
        return { ok: true, value: found };
      }
      const near = isScalar(node) && typeof node.value === 'string' ? closestWord(node.value, values) : null;
      const hint = near === null ? '' : `; did you mean \`${near}\`?`;
      return { ok: false, message: `unknown value, found ${describe(node)}${hint}` };
    },
  };
}

export function listOf<T>(item: RepoReader<T>, options: { allowed: string; max: number }): RepoReader<readonly T[]> {
  return {
    allowed: options.allowed,
    read: (node) => {
      if (!isSeq(node)) {
        return { ok: false, message: `expected a list, found ${describe(node)}` };
      }
      if (node.items.length > options.max) {
        return { ok: false, message: `expected at most ${options.max} entries, found ${node.items.length}` };
      }
      const values: T[] = [];
      for (const entry of node.items) {
        const value = item.read(entry as ParsedNode);
        if (!value.ok) {
          return { ...value, at: value.at ?? (entry as Node) };
        }
        values.push(value.value);
      }
      return { ok: true, value: values };
    },
  };
}

const PREFIX = /^([/@])([a-z0-9][a-z0-9-]{0,38})? ?$/i;

/** `/`, or `/word ` or `@word ` with the blank added where it was forgotten. */
export const prefix: RepoReader<string> = {
  allowed: '`/`, `/bosun `, `@bosun ` or another word after `/` or `@`',
  read: (node) => {
    const match = isScalar(node) && typeof node.value === 'string' ? PREFIX.exec(node.value) : null;
    if (match === null || (match[1] === '@' && match[2] === undefined)) {
      return { ok: false, message: `not a prefix, found ${describe(node)}` };
    }
    return { ok: true, value: match[2] === undefined ? '/' : `${match[1]}${match[2]} ` };
  },
};

/** Label → command text without a prefix. Keys are folded, because GitHub knows no two labels that differ by case alone. */
export const labels: RepoReader<Readonly<Record<string, string>>> = {
  allowed: 'a label name and the command it stands for, such as `bosun: implement --budget 3`',
  read: (node) => {
    if (!isMap(node)) {
      return { ok: false, message: `expected label names with their commands, found ${describe(node)}` };
    }
    // Without a prototype, so that a label named `constructor` is not found where nobody wrote it.
    const found = Object.create(null) as Record<string, string>;
    for (const pair of node.items) {
      const at = pair.value ?? pair.key;
      const said = isScalar(pair.value) && typeof pair.value.value === 'string' ? pair.value.value.trim() : '';
      const command = said.replace(/^\//, '');
      const name = (command.split(/\s/)[0] ?? '').toLowerCase();
      if (!(COMMAND_NAMES as readonly string[]).includes(name)) {
        const near = closestWord(name, COMMAND_NAMES);
        const hint = near === null ? '' : `; did you mean \`${near}\`?`;
        return { ok: false, message: `unknown command, found ${describe(pair.value)}${hint}`, at: at as Node };
      }
      const label = String(isScalar(pair.key) ? pair.key.value : pair.key);
      if (labelKey(label) in found) {
        const message = `the label ${describe(pair.key)} is given twice; labels are not case-sensitive on GitHub`;
        return { ok: false, message, at: pair.key as Node };
      }
      found[labelKey(label)] = command;
    }
    return { ok: true, value: found };
  },
};

const AGENT_NAMES: readonly string[] = ['builtin', ...AGENT_PROGRAM_NAMES];

/** A name, or `command: <shell command>`, which runs inside the worker like `setup` does. */
export const agent: RepoReader<TaskSettings['agent']> = {
  allowed: `${AGENT_NAMES.map((name) => `\`${name}\``).join(', ')}, or \`command:\` with a shell command`,
  read: (node) => {
    if (isMap(node) && node.items.length === 1) {
      return readCommand(node.get('command'));
    }
    const name = isScalar(node) && typeof node.value === 'string' ? node.value : null;
    const unsupported = name === null ? undefined : UNSUPPORTED_AGENTS.get(name);
    if (unsupported !== undefined) {
      return { ok: false, message: unsupported };
    }
    const kind = (['builtin', ...AGENT_PROGRAM_NAMES] as const).find((known) => known === name);
    if (kind !== undefined) {
      return { ok: true, value: { kind } };
    }
    const near = name === null ? null : closestWord(name, AGENT_NAMES);
    const hint = near === null ? '' : `; did you mean \`${near}\`?`;
    return { ok: false, message: `unknown agent, found ${describe(node)}${hint}` };
  },
};

function readCommand(command: unknown): RepoRead<TaskSettings['agent']> {
  return typeof command === 'string' && command.trim() !== '' && command.length <= 4_000
    ? { ok: true, value: { kind: 'command', command } }
    : { ok: false, message: 'expected the key `command` with a shell command of at most 4000 characters' };
}

function written<T>(node: ParsedNode, parse: (text: string) => T | null, allowed: string): RepoRead<T> {
  const source = isScalar(node) && ['string', 'number'].includes(typeof node.value) ? String(node.value) : null;
  const value = source === null ? null : parse(source);
  return value === null
    ? { ok: false, message: `expected ${allowed.split(';')[0] ?? allowed}, found ${describe(node)}` }
    : { ok: true, value };
}

/** What stands there, short and on one line. */
export function describe(node: unknown): string {
  if (isMap(node)) {
    return 'a group of keys';
  }
  if (isSeq(node)) {
    return 'a list';
  }
  if (!isScalar(node) || node.value === null || node.value === undefined) {
    return 'nothing';
  }
  const shown = String(node.value as unknown).replaceAll(/[\p{Cc}\p{Cf}`]/gu, '?');
  const cut = shown.length > 60 ? `${takeStart(shown, 60)}…` : shown.toWellFormed();
  return typeof node.value === 'string' ? `\`${cut}\`` : `the ${typeof node.value} \`${cut}\``;
}
