import type { Weakening } from '../../task/checks/verdict.ts';
import type { ChangedFile } from './changed-file.ts';

/** Files that say how much has to be covered, beside anything else they say. */
const FILES =
  /(?:^|\/)(?:package\.json|(?:jest|vitest|vite|nyc|ava|karma|wdio|playwright|cypress)[\w.]*\.config\.\w+|karma\.conf\.\w+|\.nycrc[\w.]*|\.c8rc[\w.]*|\.?codecov\.ya?ml|pyproject\.toml|setup\.cfg|tox\.ini|pytest\.ini|\.coveragerc|noxfile\.py|build\.gradle(?:\.kts)?|pom\.xml|\.simplecov|[\w-]*_helper\.rb|phpunit[\w.]*\.xml[\w.]*|[\w.-]+\.csproj|directory\.build\.(?:props|targets)|sonar-project\.properties|makefile|[\w.-]+\.mk|justfile|taskfile\.ya?ml|\.gitlab-ci\.ya?ml)$/i;

const KEYS =
  'branches|functions|lines|statements|fail[_-]under|cov-fail-under|minimum_coverage|minimum_coverage_by_file|minimum|threshold|target|covered_?ratio|min_?coverage|coverage_?threshold|lowUpperBound|highLowerBound';
const THRESHOLD = new RegExp(
  `(?<![\\w])(${KEYS})(?:['"]?\\s*(?:[:=(>]|=>)\\s*|[\\s=]+)['"]?(-?\\d{1,3}(?:\\.\\d{1,4})?)(?![\\w.])`,
  'gi',
);
const MOST_LINE = 1_000;

type Thresholds = ReadonlyMap<string, readonly number[]>;

/** Demands on coverage that became lower, or that are gone; one that moved to another file is neither. */
export function findThresholds(files: readonly ChangedFile[]): Weakening[] {
  const known = files.filter(({ path }) => FILES.test(path));
  const before = readAll(known.map((file) => file.before));
  const after = readAll(known.map((file) => file.after));
  const lowered = new Map(
    [...before].flatMap(([key, old]) => {
      const text = describeLowered(key, old, after.get(key) ?? []);
      return text === null ? [] : [[key, text] as const];
    }),
  );
  return known.flatMap(({ after: now, before: then, path }) => {
    const here = readAll([now]);
    const changed = [...readAll([then])].filter(([key, values]) => values.join(' ') !== here.get(key)?.join(' '));
    const texts = changed.flatMap(([key]) => lowered.get(key) ?? []);
    const message = `A threshold was lowered: ${texts.join(', ')}.`;
    return texts.length === 0 ? [] : [{ kind: 'threshold_lowered' as const, path, message }];
  });
}

/** The highest values are compared with the highest, so that their order does not matter. */
function describeLowered(key: string, old: readonly number[], now: readonly number[]): string | null {
  const texts = old.flatMap((value, at) => {
    const current = now[at];
    if (current === undefined) {
      return [`${key} ${value} is gone`];
    }
    return current < value ? [`${key} ${value} → ${current}`] : [];
  });
  return texts.length === 0 ? null : texts.join(', ');
}

function readAll(texts: readonly (string | null)[]): Thresholds {
  const found = new Map<string, number[]>();
  for (const line of texts.flatMap((text) => (text ?? '').split('\n'))) {
    for (const [, key = '', value] of line.length > MOST_LINE ? [] : line.matchAll(THRESHOLD)) {
      const name = key.toLowerCase();
      found.set(name, [...(found.get(name) ?? []), Number(value)]);
    }
  }
  found.forEach((values) => values.sort((one, other) => other - one));
  return found;
}
