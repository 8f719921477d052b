import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;

const sources = globSync('{protocol,app,worker,action,demo,bench,scripts}/**/*.ts', { cwd: root }).filter(
  (file) => !file.startsWith('action/dist/') && !file.startsWith('demo/sample/'),
);

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** Longer than the rule, each with the reason. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'app/store/stores.ts': 'the contract of every store in one place, mostly docstrings',
};

test('source files stay within 300 lines', () => {
  const long = sources.filter((file) => read(file).split('\n').length > 301 && !(file in LONG_FILES));
  expect(long).toEqual([]);
});

test('no file or folder has a catch-all name', () => {
  const vague = /(^|\/)(utils?|helpers?|common|shared|types|interfaces|lib|manager)(\/|\.ts$)/;
  expect(sources.filter((file) => vague.test(file))).toEqual([]);
});

test('file names are kebab-case', () => {
  expect(sources.filter((file) => !/^[a-z0-9-]+(\.test)?\.ts$/.test(path.basename(file)))).toEqual([]);
});

/** Besides those that read settings: what runs inside of a container, where the environment is the worker's own. */
const ENVIRONMENT_READERS = [
  'action/read-inputs.ts',
  'app/cli/bosun.ts',
  'app/compute/docker/check-image.ts',
  'app/compute/docker/enter.ts',
  'app/config/server-config.ts',
  'worker/join.ts',
  'worker/read-job.ts',
];

test('the environment is read where settings and jobs are read, and nowhere else', () => {
  const readers = sources.filter(
    (file) => /process\.env\b/.test(read(file)) && !file.startsWith('demo/') && !file.startsWith('bench/'),
  );
  expect(readers.toSorted()).toEqual(ENVIRONMENT_READERS.filter((file) => readers.includes(file)));
});

test('the pure modules read no clock and no random numbers', () => {
  const pure = sources.filter((file) => /^(protocol|app\/(config|task|command|budget|text))\//.test(file));
  const impure = pure.filter((file) => /Date\.now\(|new Date\(\)|Math\.random\(|randomUUID\(/.test(read(file)));
  expect(impure).toEqual([]);
});

/** One owner for each library that reaches outside. */
const OWNERS: readonly { readonly library: RegExp; readonly owner: RegExp }[] = [
  { library: /from 'probot'/, owner: /^(app\/intake|bench)\// },
  { library: /from '@octokit\/(?!webhooks)[a-z-]+'/, owner: /^app\/github\// },
  { library: /from '@octokit\/webhooks/, owner: /^app\/intake\// },
  { library: /from 'pg'/, owner: /^(app\/store\/postgres|bench)\// },
  { library: /from '@anthropic-ai\/sdk/, owner: /^worker\/agent\// },
  { library: /from '@actions\//, owner: /^action\// },
  { library: /from 'prom-client'/, owner: /^app\/telemetry\// },
  { library: /from 'pino'/, owner: /^app\/telemetry\// },
  { library: /from '@opentelemetry\//, owner: /^app\/telemetry\/trace\.ts$/ },
];

test('each library that reaches outside has one owner', () => {
  const strays = sources.flatMap((file) =>
    OWNERS.filter(({ library, owner }) => library.test(read(file)) && !owner.test(file)).map(
      ({ library }) => `${file}: ${library.source}`,
    ),
  );
  expect(strays).toEqual([]);
});

/** Updates of `task` that change neither state, epoch nor lease owner, and write no event. */
const OTHER_TASK_UPDATES: Readonly<Record<string, string>> = {
  'app/store/postgres/changes/wake-blocked.ts': 'puts waiting tasks back into the queue, many in one statement',
  'app/store/postgres/claims/leases.ts': 'renews the time of leases, many in one statement',
  'app/store/postgres/retention.ts': 'forgets a task that is deleted',
};

test('one function writes the state of a task', () => {
  const writers = sources.filter((file) => /\bupdate task\b/.test(read(file)));
  expect(writers.toSorted()).toEqual(
    ['app/store/postgres/changes/change-task.ts', ...Object.keys(OTHER_TASK_UPDATES)].toSorted(),
  );
  const assigned = Object.keys(OTHER_TASK_UPDATES).flatMap((file) =>
    [...read(file).matchAll(/\bupdate task set ([^`]*?)(?:\bfrom\b|\bwhere\b)/g)].map(
      (match) => `${file}: ${match[1]}`,
    ),
  );
  expect(assigned).toHaveLength(Object.keys(OTHER_TASK_UPDATES).length);
  expect(assigned.filter((set) => /\b(state|epoch|lease_owner|lease_number|finished_at)\s*=/.test(set))).toEqual([]);
});

test('no test mocks a module of our own', () => {
  const tests = globSync('test/**/*.ts', { cwd: root }).filter((file) => file !== 'test/project/conventions.test.ts');
  expect(tests.filter((file) => /vi\.(mock|doMock)\(/.test(read(file)))).toEqual([]);
});

test('the log takes its message first, and its fields after it', () => {
  const strays = sources
    .filter((file) => file.startsWith('app/'))
    .filter((file) => /\blog\??\.(?:debug|info|warn|error)\(\s*\{/.test(read(file)));
  expect(strays).toEqual([]);
});

test('a line of the log that is about a task names its attempt, too', () => {
  const strays = sources
    .filter((file) => file.startsWith('app/'))
    .flatMap((file) =>
      [...read(file).matchAll(/\blog\.(?:debug|info|warn|error)\([^;]*?;/g)]
        .filter(([line]) => /\btaskId\b/.test(line) && !/\bepoch\b/.test(line))
        .map(([line]) => `${file}: ${line}`),
    );
  expect(strays).toEqual([]);
});

/** Cuts of text of which every character is one unit, or that nobody sees. */
const PLAIN_CUTS: Readonly<Record<string, string>> = {
  'app/cli/inspect/tasks-command.ts': 'a list of characters',
  'app/config/resolve-settings.ts': 'a list of names',
  'app/dashboard/api/api-routes.ts': 'a hash',
  'app/dashboard/page-routes.ts': 'lists of budgets and tasks',
  'app/dashboard/pages/task-page.ts': 'a list of events',
  'app/git/mirror.ts': 'a commit hash',
  'app/git/serve/parse-push.ts': 'commit hashes',
  'app/orchestrator/environment/decide-preparing.ts': 'a list of lines',
  'app/publish/commits/clean-subject.ts': 'a list of characters',
  'app/store/task-lists.ts': 'a list of words',
  'app/task/branch-name.ts': 'only a-z, 0-9 and hyphens are left',
  'app/text/slug.ts': 'only a-z, 0-9 and hyphens are left',
  'app/text/visible/hidden-elements.ts': 'attributes that are only matched',
};

test('text is cut with the functions of protocol/text.ts, which never leave half of a character', () => {
  const cut =
    /(?<!digest\('hex'\)|toISOString\(\))\.(?:slice|substring)\((?:0, |-)(?:[2-9]\d|\d{3,}|\d[\d_]{3,}|[A-Z_]*(?:CHARS|CHARACTERS|LENGTH|BYTES|WORDS|EVIDENCE))\b/;
  const strays = sources
    .filter((file) => /^(app|worker|action)\//.test(file) && !(file in PLAIN_CUTS))
    .flatMap((file) =>
      read(file)
        .split('\n')
        .filter((line) => cut.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
  expect(strays).toEqual([]);
});
