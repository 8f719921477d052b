import { parseAmount, parseDurationMs, parseWhole } from '../config/quantities.ts';
import { SIZES, TIERS } from '../../protocol/index.ts';
import type { SettingFlags } from '../task/task.ts';

/** What the flags of one command said; absent is "not said". */
export interface CommandFlags extends SettingFlags {
  /** `/retry`: a new branch instead of continuing from the last work. */
  readonly fromScratch?: boolean;
  /** Say what it would cost, and start nothing. */
  readonly quote?: boolean;
  /** Start although the quote is above the threshold of the repository's file. */
  readonly yes?: boolean;
  /** `/plan`: how thorough, 1 to 3. */
  readonly rigor?: number;
  /** `/budget +5`: how much to add. */
  readonly addNano?: number;
}

/** One flag: how it is written, what it takes and how its value is read. */
export interface FlagSpec {
  readonly key: keyof CommandFlags;
  /** Placeholder in usage lines; null when the flag stands alone. */
  readonly value: string | null;
  readonly expected: string;
  readonly example: string;
  readonly help: string;
  /** Null for a value that makes no sense. Not called when `value` is null. */
  readonly read: (text: string) => string | number | null;
}

export const FLAGS = {
  model: {
    key: 'model',
    value: 'id',
    expected: 'a model id',
    example: '--model claude-sonnet-5',
    help: 'the model to use',
    read: (text) => (/^[a-z0-9][a-z0-9._:/@-]{0,99}$/i.test(text) ? text : null),
  },
  tier: {
    key: 'tier',
    value: 'tier',
    expected: `one of ${TIERS.join(', ')}`,
    example: '--tier large',
    help: 'the class of models to use',
    read: (text) => TIERS.find((tier) => tier === text.toLowerCase()) ?? null,
  },
  size: {
    key: 'size',
    value: 'S|M|L',
    expected: 'S, M or L',
    example: '--size S',
    help: 'how large the work is, which decides the tier',
    read: (text) => SIZES.find((size) => size === text.toUpperCase()) ?? null,
  },
  budget: {
    key: 'budgetNano',
    value: 'usd',
    expected: 'an amount of USD above 0',
    example: '--budget 2.50',
    help: 'the most this task may cost',
    read: parseAmount,
  },
  'max-turns': {
    key: 'maxTurns',
    value: 'n',
    expected: 'a whole number from 1 to 1000',
    example: '--max-turns 60',
    help: 'the most turns the agent may take',
    read: (text) => parseWhole(text, { min: 1, max: 1_000 }),
  },
  timeout: {
    key: 'timeoutMs',
    value: 'minutes',
    expected: 'a number of minutes, or a time such as `2h`, of at least one minute',
    example: '--timeout 45',
    help: 'how long it may take',
    read: (text) => {
      const ms = parseDurationMs(text);
      return ms !== null && ms >= 60_000 ? ms : null;
    },
  },
  base: {
    key: 'base',
    value: 'branch',
    expected: 'a branch name',
    example: '--base develop',
    help: 'the branch to start from',
    read: readBranch,
  },
  path: {
    key: 'path',
    value: 'dir',
    expected: 'a directory of the repository, relative to its root',
    example: '--path packages/core',
    help: 'the directory the work is about',
    read: readPath,
  },
  priority: {
    key: 'priority',
    value: '1-10',
    expected: 'a whole number from 1 to 10',
    example: '--priority 8',
    help: '10 runs first, 5 is the default',
    read: (text) => parseWhole(text, { min: 1, max: 10 }),
  },
  'dry-run': {
    key: 'dryRun',
    value: null,
    expected: '',
    example: '--dry-run',
    help: 'do the work but push nothing',
    read: () => null,
  },
  fresh: {
    key: 'fresh',
    value: null,
    expected: '',
    example: '--fresh',
    help: 'run the set-up again',
    read: () => null,
  },
  quote: {
    key: 'quote',
    value: null,
    expected: '',
    example: '--quote',
    help: 'say what it would cost, and start nothing',
    read: () => null,
  },
  yes: {
    key: 'yes',
    value: null,
    expected: '',
    example: '--yes',
    help: 'start although the quote is above `quote_above`',
    read: () => null,
  },
  'from-scratch': {
    key: 'fromScratch',
    value: null,
    expected: '',
    example: '--from-scratch',
    help: 'start over instead of continuing from the last work',
    read: () => null,
  },
  rigor: {
    key: 'rigor',
    value: '1-3',
    expected: 'a whole number from 1 to 3',
    example: '--rigor 2',
    help: 'how thorough to be',
    read: (text) => parseWhole(text, { min: 1, max: 3 }),
  },
} as const satisfies Readonly<Record<string, FlagSpec>>;

export type FlagName = keyof typeof FLAGS;

/** What git accepts as a branch, and nothing that a program could take for an option. */
function readBranch(text: string): string | null {
  const name = text.replace(/^refs\/heads\//, '');
  const isOdd =
    name.length > 250 ||
    /[\s~^:?*[\\\p{Cc}\p{Cf}]|\.\.|@\{|\/\/|\.lock(\/|$)|\.$|\/$/u.test(name) ||
    /(^|\/)[.]/.test(name) ||
    /^[-/@]/.test(name);
  return isOdd || name === '' ? null : name;
}

function readPath(text: string): string | null {
  const parts = text.replace(/^\.\//, '').replace(/\/+$/, '').split('/');
  const isOdd = parts.some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git');
  return isOdd || text.length > 250 || /[\\\p{Cc}\p{Cf}]|^[-/~]/u.test(text) ? null : parts.join('/');
}
