import type { Weakening } from '../../task/checks/verdict.ts';
import type { ChangedFile } from './changed-file.ts';
import type { NamedTargets } from './named-targets.ts';

interface Differing {
  readonly kind: Weakening['kind'];
  /** The start of a sentence. */
  readonly what: string;
}

/** Files that steer tests among other things: only that part counts. Null where it is as it was. */
export function differingParts(file: ChangedFile, name: string, named: NamedTargets): Differing | null {
  const { after, before } = file;
  if (before === null) {
    return null;
  }
  const texts = { before, after: after ?? '' };
  if (name === 'package.json') {
    return comparePackages(texts, named);
  }
  if (name === 'pyproject.toml' || name === 'setup.cfg') {
    const isSame = testSections(texts.before) === testSections(texts.after);
    return isSame ? null : { kind: 'test_config', what: 'The sections about tests or coverage' };
  }
  if (name === 'conftest.py') {
    return compareLines(texts, /\bdef\s+pytest_|\bcollect_ignore|\bpytest_plugins\b/, 'A hook of pytest');
  }
  if (/^(?:spec|rails|test)_helper\.rb$/.test(name)) {
    return compareLines(texts, /\bfilter_run\w*|\bexclude\b|\bSimpleCov\b|\bdry_run\b/, 'What tests are run');
  }
  if (/^vite\.config\.\w+$/.test(name)) {
    return compareLines(texts, /\b(?:test|exclude|include|passWithNoTests|retry|coverage)\s*:/, 'What tests are run');
  }
  if (/^build\.gradle(?:\.kts)?$/.test(name)) {
    return compareLines(
      texts,
      /\bignoreFailures\b|\bexcludeTestsMatching\b|\bjacoco|\bfailOnNoDiscoveredTests\b|\btest\s*\{|\btasks\.\w*test\b|\bonlyIf\b/i,
      'How tests are run',
    );
  }
  if (name === 'pom.xml' || name.endsWith('.csproj')) {
    return compareLines(
      texts,
      /skipTests|maven\.test|testFailureIgnore|surefire|failsafe|<exclude|jacoco|IsTestProject|VSTest/,
      'How tests are run',
    );
  }
  return compareTargets(texts, name, named);
}

interface Texts {
  readonly before: string;
  readonly after: string;
}

const PACKAGE_KEYS = ['jest', 'mocha', 'nyc', 'c8', 'ava', 'vitest', 'tap', 'jasmine', 'karma', 'playwright'];

function comparePackages({ after, before }: Texts, named: NamedTargets): Differing | null {
  const [old, now] = [readObject(before), readObject(after)];
  if (old === null || now === null) {
    return { kind: 'check_script', what: 'It cannot be read any more, so whether its test scripts' };
  }
  const scripts = [readObject(old['scripts']), readObject(now['scripts'])];
  const isTestScript = (script: string): boolean =>
    named.scripts.includes(script) || /^(?:pre|post)?(?:test|check|lint|ci|coverage)\b/.test(script);
  const edited = Object.keys(scripts[0] ?? {}).filter(
    (script) => isTestScript(script) && scripts[0]?.[script] !== scripts[1]?.[script],
  );
  if (edited.length > 0) {
    return {
      kind: 'check_script',
      what: `The script ${edited
        .slice(0, 3)
        .map((script) => `"${script}"`)
        .join(', ')}`,
    };
  }
  const keys = PACKAGE_KEYS.filter((key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]));
  return keys.length === 0 ? null : { kind: 'test_config', what: `The configuration of ${keys.join(', ')}` };
}

function readObject(value: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof value === 'string') {
    try {
      return readObject(JSON.parse(value.replace(/^\uFEFF/, '')) as unknown);
    } catch {
      return null;
    }
  }
  return typeof value === 'object' && value !== null ? { ...value } : null;
}

/** The sections of an INI or TOML file that are about tests, one text. */
function testSections(text: string): string {
  let isWanted = false;
  return text
    .split('\n')
    .filter((line) => {
      const [, header] = /^\s*\[{1,2}([^\]]+)\]/.exec(line) ?? [];
      isWanted =
        header === undefined ? isWanted : /pytest|coverage|tox|nose|unittest|hatch\.envs|\bpoe\b|\bnox\b/.test(header);
      return isWanted && line.trim() !== '';
    })
    .join('\n');
}

/** Whether the lines that matter are others than before, wherever they stand. */
function compareLines({ after, before }: Texts, matters: RegExp, what: string): Differing | null {
  const linesOf = (text: string): string =>
    text
      .split('\n')
      .filter((line) => line.length < 1_000 && matters.test(line))
      .map((line) => line.trim())
      .sort()
      .join('\n');
  return linesOf(before) === linesOf(after) ? null : { kind: 'test_config', what };
}

const TARGET_FILES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:gnu)?makefile$|\.mk$/, ['make', 'gmake']],
  [/^\.?justfile$/, ['just']],
  [/^taskfile\.ya?ml$/, ['task']],
  [/^rakefile(?:\.rb)?$|\.rake$/, ['rake']],
  [/^magefile\.go$/, ['mage']],
  [/^tasks\.py$/, ['invoke']],
];
const TEST_TARGET = /test|check|lint|\bci\b|cover|verify/i;

/** A file of targets counts when a check runs one of its targets, or when a line about tests is another. */
function compareTargets({ after, before }: Texts, name: string, named: NamedTargets): Differing | null {
  const [, programs = []] = TARGET_FILES.find(([pattern]) => pattern.test(name)) ?? [];
  if (programs.length === 0) {
    return null;
  }
  if (programs.some((program) => named.targets.has(program))) {
    return { kind: 'check_script', what: 'What a check runs' };
  }
  const differs = compareLines({ before, after }, TEST_TARGET, 'A target about tests');
  return differs === null ? null : { ...differs, kind: 'check_script' };
}
