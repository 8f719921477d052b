import { isMap, isScalar, isSeq, type Node, type ParsedNode } from 'yaml';

import type { CheckStep } from '../../task/checks/check.ts';
import { SEQUENCE, STEP_TIMEOUT_MS, type BeforeStep, type SequenceEntry } from '../../task/checks/steps.ts';
import { closestWord } from '../closest-word.ts';
import { parseDurationMs } from '../quantities.ts';
import { choice, describe, oneLine, text, yesOrNo, type RepoRead, type RepoReader } from './repo-values.ts';

const MAX_STEPS = 20;
const MAX_STEP_MS = 2 * 3_600_000;

const NAME: RepoReader<string> = {
  allowed: 'a name of small letters, digits and `-`, at most 40',
  read: (node) =>
    isScalar(node) && typeof node.value === 'string' && /^[a-z0-9][a-z0-9-]{0,39}$/.test(node.value)
      ? { ok: true, value: node.value }
      : { ok: false, message: `expected a name of small letters, digits and \`-\`, found ${describe(node)}` },
};

const STEP_TIME: RepoReader<number> = {
  allowed: 'a time such as `90s` or `10m`, from 1 s to 2 h',
  read: (node) => {
    const written = isScalar(node) && ['string', 'number'].includes(typeof node.value) ? String(node.value) : '';
    const ms = parseDurationMs(written);
    return ms !== null && ms >= 1_000 && ms <= MAX_STEP_MS
      ? { ok: true, value: ms }
      : { ok: false, message: `expected a time from 1 s to 2 h, found ${describe(node)}` };
  },
};

const REPORT: RepoReader<string> = {
  allowed: 'a path in the checkout, such as `out.sarif`',
  read: (node) => {
    const value = oneLine({ allowed: '', maxLength: 250 }).read(node);
    const isInside = value.ok && value.value.split('/').every((part) => !['', '.', '..', '.git'].includes(part));
    return value.ok && !isInside
      ? { ok: false, message: `expected a path inside the checkout, found ${describe(node)}` }
      : value;
  },
};

const RUN = text({ allowed: 'a shell command of at most 4000 characters', maxLength: 4_000 });

const BEFORE_KEYS = { name: NAME, run: RUN, timeout: STEP_TIME } as const;
const AFTER_KEYS = {
  ...BEFORE_KEYS,
  gate: choice(['strict', 'regression', 'info']),
  report: REPORT,
  retry: yesOrNo,
} as const;

/** `steps.before`. */
export const beforeSteps: RepoReader<readonly BeforeStep[]> = {
  allowed: `a list of at most ${MAX_STEPS} steps with ${keysOf(BEFORE_KEYS)}, such as \`{name: deps, run: npm ci}\``,
  read: (node) => readSteps(node, BEFORE_KEYS, toStep),
};

/** `steps.after`. */
export const afterSteps: RepoReader<readonly CheckStep[]> = {
  allowed: `a list of at most ${MAX_STEPS} steps with ${keysOf(AFTER_KEYS)}, such as \`{name: test, run: npm test, gate: strict}\``,
  read: (node) =>
    readSteps(node, AFTER_KEYS, ({ gate = 'regression', report = null, retry = true, ...step }) => ({
      ...toStep(step),
      gate,
      report,
      retry,
    })),
};

function toStep(step: { name?: string | undefined; run?: string; timeout?: number }): BeforeStep {
  return { name: step.name ?? '', run: step.run ?? '', timeoutMs: step.timeout ?? STEP_TIMEOUT_MS };
}

type Keys = Readonly<Record<string, RepoReader<unknown>>>;
type Values<K extends Keys> = { [P in keyof K]?: K[P] extends RepoReader<infer T> ? T : never };

function readSteps<K extends Keys, T extends { readonly name: string }>(
  node: ParsedNode,
  keys: K,
  make: (values: Values<K>) => T,
): RepoRead<readonly T[]> {
  if (!isSeq(node)) {
    return { ok: false, message: `expected a list of steps, found ${describe(node)}` };
  }
  if (node.items.length > MAX_STEPS) {
    return { ok: false, message: `expected at most ${MAX_STEPS} steps, found ${node.items.length}` };
  }
  const steps: T[] = [];
  for (const item of node.items as ParsedNode[]) {
    const values = readKeys(item, keys);
    if (!values.ok) {
      return values;
    }
    const step = make(values.value);
    if (steps.some(({ name }) => name === step.name)) {
      return { ok: false, message: `there are two steps named \`${step.name}\``, at: item };
    }
    steps.push(step);
  }
  return { ok: true, value: steps };
}

function readKeys<K extends Keys>(node: ParsedNode, keys: K): RepoRead<Values<K>> {
  if (!isMap(node)) {
    return { ok: false, message: `expected a step with \`name\` and \`run\`, found ${describe(node)}`, at: node };
  }
  const values: Record<string, unknown> = {};
  for (const pair of node.items) {
    const name = isScalar(pair.key) ? String(pair.key.value) : '';
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (key === undefined) {
      const near = closestWord(name, Object.keys(keys));
      const hint = near === null ? '' : `; did you mean \`${near}\`?`;
      const message = `unknown key ${describe(pair.key)} of a step, expected one of ${keysOf(keys)}${hint}`;
      return { ok: false, message, at: pair.key as Node };
    }
    const value = pair.value as ParsedNode | null;
    const read = value === null ? { ok: false as const, message: 'expected a value, found nothing' } : key.read(value);
    if (!read.ok) {
      const message = `\`${name}\`: ${read.message}; allowed is ${key.allowed}`;
      return { ok: false, message, at: read.at ?? value ?? (pair.key as Node) };
    }
    values[name] = read.value;
  }
  const missing = ['name', 'run'].find((name) => !(name in values));
  return missing === undefined
    ? { ok: true, value: values as Values<K> }
    : { ok: false, message: `a step needs \`name\` and \`run\`; \`${missing}\` is missing`, at: node };
}

function keysOf(keys: Keys): string {
  return Object.keys(keys)
    .map((name) => `\`${name}\``)
    .join(', ');
}

/**
 * `steps.sequence`: `before` and `after` may be left out, and `before` may stand on either side of `hydrate`, because it
 * sees no text of the thread. Nothing else may move: work is checked after the agent and before it is published.
 */
export const sequence: RepoReader<readonly SequenceEntry[]> = {
  allowed: `\`[${SEQUENCE.join(', ')}]\`; \`before\` and \`after\` may be left out, and \`before\` may come first`,
  read: (node) => {
    if (!isSeq(node)) {
      return { ok: false, message: `INVALID_STEP_SEQUENCE: expected a list, found ${describe(node)}` };
    }
    const entries: SequenceEntry[] = [];
    for (const item of node.items as ParsedNode[]) {
      const name = isScalar(item) ? String(item.value as unknown) : '';
      const entry = SEQUENCE.find((known) => known === name);
      const problem =
        entry === undefined ? `${describe(item)} is not one of ${SEQUENCE.join(', ')}` : misplaced(entry, entries);
      if (entry === undefined || problem !== null) {
        return { ok: false, message: `INVALID_STEP_SEQUENCE: ${problem}`, at: item };
      }
      entries.push(entry);
    }
    const missing = (['hydrate', 'agent', 'publish'] as const).find((entry) => !entries.includes(entry));
    return missing === undefined
      ? { ok: true, value: entries }
      : { ok: false, message: `INVALID_STEP_SEQUENCE: \`${missing}\` is missing and cannot be left out` };
  },
};

/** What each entry has to come after. */
const AFTER: Readonly<Record<SequenceEntry, readonly SequenceEntry[]>> = {
  hydrate: [],
  before: [],
  agent: ['hydrate'],
  after: ['agent'],
  publish: ['agent'],
};

function misplaced(entry: SequenceEntry, before: readonly SequenceEntry[]): string | null {
  if (before.includes(entry)) {
    return `\`${entry}\` is there twice`;
  }
  const wanted = AFTER[entry].find((other) => !before.includes(other));
  if (wanted !== undefined) {
    return `\`${entry}\` has to come after \`${wanted}\``;
  }
  const late = entry === 'before' || entry === 'hydrate' ? 'agent' : 'publish';
  return entry !== late && before.includes(late) ? `\`${entry}\` has to come before \`${late}\`` : null;
}
