import { LineCounter, isMap, isNode, isScalar, parseDocument, type Document, type Node, type ParsedNode } from 'yaml';

import { takeStart, type Tier } from '../../protocol/index.ts';
import { FIXES } from '../task/checks/fixes.ts';
import { SEQUENCE, type TaskSteps } from '../task/checks/steps.ts';
import type { CheckoutSettings, EnvironmentSettings, NanoUsd, StopEvent, TaskSettings } from '../task/task.ts';
import type { PushRule } from '../task/question.ts';
import { closestWord } from './closest-word.ts';
import { DEFAULTS } from './defaults.ts';
import { findConflicts } from './repo/find-conflicts.ts';
import { REPO_KEYS, type RepoKeyPath } from './repo-keys.ts';
import { countMarks, findForbidden, measureDepth } from './repo/check-document.ts';
import { describe, type RepoRead } from './repo/repo-values.ts';

/** `.github/bosun.yml`, checked. Null is "not said": the server's value holds. */
export interface RepoConfig {
  /** Ends in a blank unless it is `/`. */
  readonly prefix: string;
  /** Label, folded by `labelKey` → command text without a prefix, such as `implement --budget 3`. Has no prototype. */
  readonly labels: Readonly<Record<string, string>>;
  /** What happens to an issue that stops its task. */
  readonly stopOn: readonly StopEvent[];
  readonly model: string | null;
  /** The only models allowed; null allows every model with a price. */
  readonly models: readonly string[] | null;
  /** Null: by type and size. */
  readonly tier: Tier | null;
  readonly budget: {
    readonly taskNano: NanoUsd | null;
    readonly dayNano: NanoUsd | null;
    readonly monthNano: NanoUsd | null;
  };
  readonly quoteAboveNano: NanoUsd | null;
  readonly readiness: boolean;
  readonly concurrency: number | null;
  readonly timeoutMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly maxTurns: number | null;
  readonly base: string | null;
  /** Null detects it; an empty list is no set-up. */
  readonly setup: readonly string[] | null;
  readonly environment: EnvironmentSettings;
  readonly checkout: CheckoutSettings;
  /** Name of an image that the operator offers; null is the default one. */
  readonly image: string | null;
  /** Null detects it; `none` runs nothing. */
  readonly verify: string | null;
  readonly steps: TaskSteps;
  readonly verdict: NonNullable<TaskSettings['verdict']>;
  readonly agent: TaskSettings['agent'];
  readonly instructions: string | null;
  readonly commentsFrom: 'writers' | 'everyone';
  readonly push: PushRule | null;
  /** Null: where the branch requires it. */
  readonly signedCommits: boolean | null;
  readonly humanApproval: NonNullable<TaskSettings['humanApproval']>;
  /** What starts a task on a pull request of Bosun by itself. */
  readonly autoFix: { readonly reviews: boolean; readonly checks: boolean; readonly attempts: number };
  /** What follows a task of an issue by itself. */
  readonly chain: NonNullable<TaskSettings['chain']>;
  readonly protectedPaths: readonly string[];
  readonly secretsAllowed: readonly string[];
  readonly promptTokens: number | null;
  /** Numeric user ids. */
  readonly allowedBots: readonly number[];
}

/** Lines and columns count from 1; line 0 is the file itself. `key` is the dotted path, empty when the file as a whole is wrong. */
export interface RepoConfigMistake {
  readonly line: number;
  readonly column: number;
  readonly key: string;
  readonly message: string;
  readonly allowed: string | null;
}

export type ParsedRepoConfig =
  | { readonly ok: true; readonly config: RepoConfig; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly mistakes: readonly RepoConfigMistake[] };

const MAX_BYTES = 64 * 1024;
const MAX_MISTAKES = 20;
const MAX_DEPTH = 20;
/** Longer lists and texts than any key takes; a parser that is given more of them keeps everybody else waiting. */
const MAX_MARKS = 3_000;

const CHAINS: readonly string[] = ['implement', 'implement,review', 'implement,review,fix'];

type Found = Map<string, unknown>;

/** Reads the repository's file; an empty text gives the defaults. Never throws; shows at most 20 mistakes. */
export function parseRepoConfig(source: string): ParsedRepoConfig {
  if (Buffer.byteLength(source) > MAX_BYTES) {
    return refuseWhole(`The file has ${Buffer.byteLength(source)} bytes; at most ${MAX_BYTES} are read`);
  }
  if (measureDepth(source) > MAX_DEPTH) {
    return refuseWhole(`The file is nested deeper than ${MAX_DEPTH} levels`);
  }
  const marks = countMarks(source);
  if (marks > MAX_MARKS) {
    return refuseWhole(`The file has ${marks} lines and punctuation marks; at most ${MAX_MARKS} are read`);
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(source, { lineCounter, prettyErrors: false, uniqueKeys: true, merge: false });
  const reading = new Reading(lineCounter);
  for (const error of document.errors) {
    reading.mistakeAt(error.pos[0], { key: '', message: oneLineOf(error.message), allowed: null });
  }
  const forbidden = findForbidden(document);
  if (forbidden !== null) {
    reading.mistakeAt(startOf(forbidden.node), { key: '', message: forbidden.message, allowed: null });
  }
  if (reading.mistakes.length === 0) {
    readRoot(document, reading);
  }
  for (const conflict of findConflicts(reading.found)) {
    reading.mistakeAt(offsetOf(document, conflict.key), conflict);
  }
  const chain = reading.found.get('chain');
  if (Array.isArray(chain) && !CHAINS.includes(chain.join())) {
    const message = 'expected the links in their order, each once';
    reading.mistakeAt(offsetOf(document, 'chain'), { key: 'chain', message, allowed: REPO_KEYS.chain.allowed });
  }
  return reading.mistakes.length > 0
    ? { ok: false, mistakes: reading.mistakes.slice(0, MAX_MISTAKES) }
    : { ok: true, config: toConfig(reading.found), warnings: findWarnings(reading.found) };
}

class Reading {
  readonly found: Found = new Map();
  readonly mistakes: RepoConfigMistake[] = [];
  readonly #lines: LineCounter;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  mistakeAt(offset: number, mistake: Omit<RepoConfigMistake, 'line' | 'column'>): void {
    const { line, col } = this.#lines.linePos(offset);
    this.mistakes.push({ line: Math.max(1, line), column: Math.max(1, col), ...mistake });
  }
}

function readRoot(document: Document.Parsed, reading: Reading): void {
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return;
  }
  if (!isMap(contents)) {
    const message = `expected keys with values, found ${describe(contents)}`;
    reading.mistakeAt(contents.range[0], { key: '', message, allowed: topLevelKeys().join(', ') });
    return;
  }
  readMap(contents, '', reading);
}

function readMap(map: Node, parent: string, reading: Reading): void {
  if (!isMap(map)) {
    return;
  }
  for (const pair of map.items) {
    const name = isScalar(pair.key) ? String(pair.key.value) : '';
    const path = parent === '' ? name : `${parent}.${name}`;
    const at = startOf(pair.key);
    if (isKeyPath(path)) {
      readKey(path, pair.value as ParsedNode | null, { at, reading });
    } else if (siblings(path).length > 0) {
      if (isMap(pair.value)) {
        readMap(pair.value, path, reading);
      } else if (isNode(pair.value) && !(isScalar(pair.value) && pair.value.value === null)) {
        const allowed = siblings(path).map((key) => `\`${key}\``);
        const message = `expected a group of keys, found ${describe(pair.value)}`;
        reading.mistakeAt(startOf(pair.value), { key: path, message, allowed: allowed.join(', ') });
      }
    } else {
      reading.mistakeAt(at, unknownKey(path, parent));
    }
  }
}

function readKey(path: RepoKeyPath, value: ParsedNode | null, place: { at: number; reading: Reading }): void {
  // `key:` with nothing behind it says nothing.
  if (value === null || (isScalar(value) && value.value === null)) {
    return;
  }
  const key = REPO_KEYS[path];
  const result: RepoRead<unknown> = key.read(value);
  if (result.ok) {
    place.reading.found.set(path, result.value);
    return;
  }
  const at = startOf(result.at ?? value, place.at);
  place.reading.mistakeAt(at, { key: path, message: result.message, allowed: key.allowed });
}

function unknownKey(path: string, parent: string): Omit<RepoConfigMistake, 'line' | 'column'> {
  const names = parent === '' ? topLevelKeys() : siblings(parent);
  const name = path.slice(parent === '' ? 0 : parent.length + 1);
  const near = closestWord(name, names);
  const shown = path.length > 60 ? `${takeStart(path, 60)}…` : path.toWellFormed();
  return {
    key: shown.replaceAll(/[\p{Cc}\p{Cf}`]/gu, '?'),
    message: near === null ? 'unknown key' : `unknown key; did you mean \`${near}\`?`,
    allowed: names.map((known) => `\`${known}\``).join(', '),
  };
}

function isKeyPath(path: string): path is RepoKeyPath {
  return Object.hasOwn(REPO_KEYS, path);
}

function topLevelKeys(): string[] {
  return [...new Set(Object.keys(REPO_KEYS).map((path) => path.split('.')[0] ?? path))];
}

function siblings(parent: string): string[] {
  return Object.keys(REPO_KEYS)
    .filter((path) => path.startsWith(`${parent}.`))
    .map((path) => path.slice(parent.length + 1));
}

function startOf(node: unknown, otherwise = 0): number {
  return isNode(node) && node.range ? node.range[0] : otherwise;
}

function offsetOf(document: Document.Parsed, key: string): number {
  return isMap(document.contents) ? startOf(document.contents.get(key, true)) : 0;
}

function oneLineOf(message: string): string {
  return takeStart(message.split('\n')[0] ?? message, 200);
}

function refuseWhole(message: string): ParsedRepoConfig {
  return { ok: false, mistakes: [{ line: 1, column: 1, key: '', message, allowed: null }] };
}

function findWarnings(found: Found): string[] {
  return found.get('comments_from') === 'everyone'
    ? ['`comments_from: everyone` lets people without write access write into the prompt of the agent.']
    : [];
}

/** The labels of a repository whose file names none. */
export function defaultLabels(): Readonly<Record<string, string>> {
  const labels = { bosun: 'implement', 'bosun:implement': 'implement', 'bosun:plan': 'plan' };
  return Object.assign(Object.create(null) as Record<string, string>, labels);
}

function toConfig(found: Found): RepoConfig {
  function get<P extends RepoKeyPath>(path: P): ValueOf<P> | null {
    return (found.get(path) as ValueOf<P> | undefined) ?? null;
  }
  return {
    prefix: get('commands.prefix') ?? '/',
    labels: get('labels') ?? defaultLabels(),
    stopOn: get('stop_on') ?? ['closed', 'unlabeled'],
    model: get('model'),
    models: get('models'),
    tier: get('tier'),
    budget: { taskNano: get('budget.task'), dayNano: get('budget.day'), monthNano: get('budget.month') },
    quoteAboveNano: get('quote_above'),
    readiness: get('readiness') ?? false,
    concurrency: get('concurrency'),
    timeoutMs: get('timeout'),
    idleTimeoutMs: get('idle_timeout'),
    maxTurns: get('max_turns'),
    base: get('base'),
    setup: unlessAuto(get('setup')),
    environment: {
      required: get('setup_required') ?? false,
      installScripts: get('install_scripts') ?? true,
      ttlMs: get('environment.ttl') ?? DEFAULTS.environmentTtlMs,
      files: get('environment.files') ?? [],
      fresh: false,
    },
    checkout: {
      depth: get('checkout.depth') ?? DEFAULTS.checkoutDepth,
      submodules: get('checkout.submodules') ?? false,
      lfs: get('checkout.lfs') ?? false,
      sparse: get('checkout.sparse') ?? [],
    },
    image: get('image'),
    verify: unlessAuto(get('verify')),
    steps: {
      before: get('steps.before'),
      after: get('steps.after'),
      sequence: get('steps.sequence') ?? SEQUENCE,
    },
    verdict: {
      judge: get('judge') ?? false,
      fixes: get('fixes') ?? FIXES,
      readyWhenPassed: get('ready_when_passed') ?? false,
    },
    agent: get('agent') ?? { kind: 'builtin' },
    instructions: get('instructions'),
    commentsFrom: get('comments_from') ?? 'writers',
    push: get('push'),
    signedCommits: get('signed_commits'),
    humanApproval: { notRequester: get('human_approval.not_requester') ?? false },
    autoFix: {
      reviews: get('auto_fix.reviews') ?? false,
      checks: get('auto_fix.checks') ?? false,
      attempts: get('auto_fix.attempts') ?? DEFAULTS.autoFixAttempts,
    },
    chain: (get('chain') ?? []).filter((link) => link !== 'implement'),
    protectedPaths: get('protected_paths') ?? [],
    secretsAllowed: get('secrets_allowed') ?? [],
    promptTokens: get('prompt_tokens'),
    allowedBots: get('allowed_bots') ?? [],
  };
}

function unlessAuto<T>(value: T | null): Exclude<T, 'auto'> | null {
  return value === 'auto' ? null : (value as Exclude<T, 'auto'> | null);
}

type ValueOf<P extends RepoKeyPath> = Extract<ReturnType<(typeof REPO_KEYS)[P]['read']>, { ok: true }>['value'];
