import { LineCounter, isMap, isNode, isScalar, parseDocument, type Document, type Node, type ParsedNode } from 'yaml';

import { takeStart } from '../../protocol/index.ts';
import { closestWord } from './closest-word.ts';
import { findConflicts } from './repo/find-conflicts.ts';
import { REPO_KEYS, type RepoKeyPath } from './repo-keys.ts';
import { countMarks, findForbidden, measureDepth } from './repo/check-document.ts';
import { describe, type RepoRead } from './repo/repo-values.ts';
import { toConfig, type Found, type RepoConfig } from './repo/to-config.ts';

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
