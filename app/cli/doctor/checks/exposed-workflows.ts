import { parseDocument } from 'yaml';

/** Bosun's branches begin like this; a workflow that leaves them out does not run on its pushes. */
const OUR_BRANCH = 'bosun/01kah3m8-change';

export interface ExposedWorkflow {
  /** What of a push of Bosun starts it. */
  readonly on: readonly ('push' | 'pull_request' | 'pull_request_target')[];
  /** Names of the secrets that it gets. */
  readonly secrets: readonly string[];
}

/**
 * Whether a workflow would run with secrets on a branch that Bosun pushes, before anybody merged it; null when not. What
 * cannot be read does not run either. The token of the workflow itself is none: it ends with the run.
 */
export function readExposedWorkflow(source: string): ExposedWorkflow | null {
  const workflow: unknown = parseDocument(source, { prettyErrors: false, merge: false }).toJS({ maxAliasCount: 20 });
  const { on: triggers } = objectOf(workflow);
  const on = (['push', 'pull_request', 'pull_request_target'] as const).filter((event) => startsOn(triggers, event));
  const secrets = new Set(
    [...source.matchAll(/\bsecrets(?:\.|\[['"])([A-Za-z_][A-Za-z0-9_]{0,99})/g)].map(([, name = '']) => name),
  );
  secrets.delete('GITHUB_TOKEN');
  if (/^\s*secrets:\s*inherit\b/m.test(source)) {
    secrets.add('all of them, for a called workflow');
  }
  return on.length === 0 || secrets.size === 0 ? null : { on, secrets: [...secrets] };
}

function startsOn(triggers: unknown, event: string): boolean {
  if (typeof triggers === 'string') {
    return triggers === event;
  }
  if (Array.isArray(triggers)) {
    return triggers.includes(event);
  }
  if (!Object.hasOwn(objectOf(triggers), event)) {
    return false;
  }
  const rules = objectOf(objectOf(triggers)[event]);
  if (event !== 'push') {
    return true;
  }
  const { branches, 'branches-ignore': ignored, tags } = rules;
  if (branches === undefined && ignored === undefined && tags !== undefined) {
    return false;
  }
  return (branches === undefined || namesUs(branches)) && (ignored === undefined || !namesUs(ignored));
}

/** Whether a list of patterns means our branches; the last pattern that fits decides. */
function namesUs(patterns: unknown): boolean {
  const list = Array.isArray(patterns) ? patterns.map(String) : [String(patterns)];
  return list.reduce((named, pattern) => {
    const isNot = pattern.startsWith('!');
    return fits(isNot ? pattern.slice(1) : pattern) ? !isNot : named;
  }, false);
}

/** `*` is a run of characters within a part, `**` any run; other signs are rare and count as fitting. */
function fits(pattern: string): boolean {
  const [first = ''] = pattern.split(/[*?+[]/);
  if (first === pattern) {
    return pattern === OUR_BRANCH;
  }
  const isDeep = pattern.includes('**') || pattern.slice(first.length).includes('/') || first.includes('/');
  return OUR_BRANCH.startsWith(first) && isDeep;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
