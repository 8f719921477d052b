import type { Weakening } from '../../task/checks/verdict.ts';
import { PROTECTED_FAMILIES } from '../gate/protected-paths.ts';
import { foldPath } from '../gate/fold-path.ts';
import { matchPath } from '../gate/match-path.ts';
import { isTestPath, type ChangedFile } from './changed-file.ts';
import { readNamedTargets, type NamedTargets } from './named-targets.ts';
import { differingParts } from './differing-parts.ts';

/** Files that say nothing but how tests are found and run. */
const TEST_CONFIG =
  /^(?:jest[\w.]*\.config\.\w+|vitest[\w.]*\.(?:config|workspace)\.\w+|\.mocharc[\w.]*|karma\.conf\.\w+|playwright[\w.]*\.config\.\w+|cypress\.(?:config\.\w+|json)|ava\.config\.\w+|wdio[\w.]*\.conf\.\w+|jasmine\.(?:json|mjs|js)|web-test-runner\.config\.\w+|\.nycrc[\w.]*|nyc\.config\.\w+|\.c8rc[\w.]*|\.?codecov\.ya?ml|pytest\.ini|\.pytest\.ini|tox\.ini|noxfile\.py|\.coveragerc|\.rspec|\.simplecov|phpunit[\w.]*\.xml(?:\.dist)?|[\w.-]*\.runsettings|xunit\.runner\.json|junit-platform\.properties|testng[\w-]*\.xml|nextest\.toml|\.busted|\.testcaferc[\w.]*)$/;
/** A file beside which its own tests begin: its package is new. */
const MANIFEST =
  /(?:^|\/)(?:package\.json|pyproject\.toml|setup\.(?:py|cfg)|cargo\.toml|go\.mod|pom\.xml|build\.gradle(?:\.kts)?|composer\.json|gemfile|[\w.-]+\.csproj)$/;

const CI_PATTERNS = PROTECTED_FAMILIES.filter(
  ({ code, why }) => code === 'CI_CONFIG' || why.includes('continuous integration') || why.includes('Bosun itself'),
).flatMap(({ patterns }) => patterns);
const OWN_FILE = ['.github/bosun.yml', '.github/bosun.yaml'];

/**
 * Changes of what decides whether work is good: configuration of tests, scripts that the checks run, continuous
 * integration, and Bosun's own file. The checks are run from the base all the same; a person has to know of it.
 */
export function findEditedDefinitions(files: readonly ChangedFile[], commands: readonly string[]): Weakening[] {
  const named = readNamedTargets(commands);
  const newFolders = files
    .filter(({ before, path }) => before === null && MANIFEST.test(foldPath(path)))
    .map(({ path }) => folderOf(path));
  return files.flatMap((file) => {
    const found = describeEdit(file, named);
    const isOfNewPackage = file.before === null && newFolders.includes(folderOf(file.path));
    return found === null || (isOfNewPackage && found.kind === 'test_config') ? [] : [{ ...found, path: file.path }];
  });
}

function describeEdit(file: ChangedFile, named: NamedTargets): Omit<Weakening, 'path'> | null {
  const path = foldPath(file.path);
  const name = path.split('/').at(-1) ?? path;
  if (OWN_FILE.includes(path)) {
    return { kind: 'ci_config', message: 'It says what is checked.' };
  }
  if (CI_PATTERNS.some((pattern) => matchPath(path, pattern))) {
    return { kind: 'ci_config', message: 'It runs in continuous integration.' };
  }
  // What happens to tests is found by counting them.
  if (named.paths.includes(path) && !isTestPath(file.path)) {
    return { kind: 'check_script', message: 'A check runs it.' };
  }
  if (TEST_CONFIG.test(name)) {
    return { kind: 'test_config', message: `The configuration of the tests was ${verbOf(file)}.` };
  }
  const parts = differingParts(file, name, named);
  return parts === null ? null : { kind: parts.kind, message: `${parts.what} changed.` };
}

function verbOf({ after, before }: ChangedFile): string {
  if (before === null) {
    return 'added';
  }
  return after === null ? 'deleted' : 'changed';
}

function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}
