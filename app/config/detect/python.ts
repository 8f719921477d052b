import { present } from './ecosystem.ts';
import type { DetectedProject, Ecosystem, ProjectDirectory } from './ecosystem.ts';

const MARKERS = [
  'uv.lock',
  'poetry.lock',
  'Pipfile',
  'pyproject.toml',
  'setup.py',
  'setup.cfg',
  'manage.py',
  'pytest.ini',
  'tox.ini',
  'noxfile.py',
];
const VENV = 'python3 -m venv .venv';
const PIP = '.venv/bin/python -m pip install --disable-pip-version-check';
/** Extras and dependency groups that by their name bring what tests need. */
const TEST_GROUPS = ['test', 'tests', 'testing'];
/** In the order of preference: the first that is there names the others it needs. */
const REQUIREMENTS = ['test', 'tests', 'testing', 'dev', 'development', 'local', 'base', 'main', 'requirements'];

/** uv, Poetry, Pipenv and pip, always into `.venv` of the project. */
export const python: Ecosystem = {
  name: 'Python',
  isProject: (names) => MARKERS.some((name) => names.has(name)) || requirementsIn(names).length > 0,
  detect: async (project) => {
    const pyproject = (await project.read('pyproject.toml')) ?? '';
    const isTested = await usesPytest(project, pyproject);
    const install = chooseInstall(project, { pyproject, isTested });
    return install === null
      ? null
      : ({ ...install, verify: testCommand(project, { isTested }) } satisfies DetectedProject);
  },
};

interface Given {
  readonly pyproject: string;
  readonly isTested: boolean;
}

function chooseInstall(project: ProjectDirectory, given: Given): Omit<DetectedProject, 'verify'> | null {
  const manifests = present(project, ['pyproject.toml', 'setup.py', 'setup.cfg', '.python-version']);
  const groups = groupsOf(given.pyproject, 'dependency-groups');
  const extras = groupsOf(given.pyproject, 'project.optional-dependencies');
  if (project.names.has('uv.lock')) {
    const named = [...groups.map((name) => ` --group ${name}`), ...extras.map((name) => ` --extra ${name}`)];
    const sync = [`uv sync --frozen${named.join('')}`, ...pytestUnlessLocked('uv pip install pytest', given)];
    const pip = [VENV, ...pipInstall({ ...given, files: [], isPackage: isInstallable(project, given.pyproject) })];
    const setup = [
      `${installTool('uv', 'uv')} || true`,
      // A registry without uv has the packages nevertheless
      `if command -v uv; then ${sync.join(' && ')}; else ${pip.join(' && ')}; fi`,
    ];
    return { because: 'uv.lock', setup, inputs: ['uv.lock', ...manifests] };
  }
  if (project.names.has('poetry.lock')) {
    const others = [
      ...poetryGroups(given.pyproject).map((name) => ` --with ${name}`),
      ...groupsOf(given.pyproject, 'tool.poetry.extras').map((name) => ` --extras ${name}`),
      ...extras.map((name) => ` --extras ${name}`),
    ];
    const setup = [
      // Without the plug-in Poetry asks the public index and nothing else
      installTool('poetry', 'poetry poetry-plugin-pypi-mirror'),
      `POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --no-interaction${others.join('')}`,
      ...pytestUnlessLocked(`${PIP} pytest`, given),
    ];
    return { because: 'poetry.lock', setup, inputs: ['poetry.lock', ...manifests] };
  }
  if (project.names.has('Pipfile')) {
    const isLocked = project.names.has('Pipfile.lock');
    const install = isLocked ? 'pipenv sync --dev' : 'pipenv install --dev --skip-lock';
    return {
      because: isLocked ? 'Pipfile.lock' : 'Pipfile',
      setup: [
        installTool('pipenv', 'pipenv'),
        `PIPENV_VENV_IN_PROJECT=1 ${install}`,
        ...pytestUnlessLocked(`${PIP} pytest`, given),
      ],
      inputs: present(project, ['Pipfile', 'Pipfile.lock', '.python-version']),
    };
  }
  const files = requirementsOf(project);
  const isPackage = isInstallable(project, given.pyproject);
  if (files.length === 0 && !isPackage && !given.isTested) {
    return null;
  }
  return {
    because: files[0] ?? manifests[0] ?? 'pyproject.toml',
    setup: [VENV, ...pipInstall({ ...given, files, isPackage })],
    inputs: [...files, ...manifests],
  };
}

function pipInstall(given: Given & { readonly files: readonly string[]; readonly isPackage: boolean }): string[] {
  const groups = groupsOf(given.pyproject, 'dependency-groups');
  const extras = groupsOf(given.pyproject, 'project.optional-dependencies');
  const what = [
    ...given.files.map((name) => `-r ${name}`),
    ...(given.isPackage ? [`-e ${extras.length === 0 ? '.' : `'.[${extras.join(',')}]'`}`] : []),
    ...groups.map((name) => `--group ${name}`),
    ...(given.isTested ? ['pytest'] : []),
  ];
  // Groups of dependencies are known to pip from 25.1 on
  const newer = groups.length === 0 ? [] : [`${PIP} --upgrade pip`];
  return [...newer, ...(what.length === 0 ? [] : [`${PIP} ${what.join(' ')}`])];
}

/** A program that the worker may have already, else in an environment of its own, which is on the search path. */
function installTool(program: string, packages: string): string {
  const install = `python3 -m venv "$HOME/.tools" && "$HOME/.tools/bin/pip" install --disable-pip-version-check ${packages}`;
  return `command -v ${program} || { ${install}; }`;
}

/** The tests are looked for by pytest; a lock file that does not name it leaves it out. */
function pytestUnlessLocked(install: string, { isTested }: Given): string[] {
  return isTested ? [`{ .venv/bin/python -c 'import pytest' 2>/dev/null || ${install}; }`] : [];
}

function testCommand(project: ProjectDirectory, { isTested }: Pick<Given, 'isTested'>): string | null {
  if (isTested) {
    return '.venv/bin/python -m pytest';
  }
  return project.names.has('manage.py') ? '.venv/bin/python manage.py test' : null;
}

/** Those of the directory itself, else the one for tests or development of its directory `requirements`. */
function requirementsOf(project: ProjectDirectory): string[] {
  const own = requirementsIn(project.names);
  if (own.length > 0) {
    return own;
  }
  const prefix = project.directory === '' ? '' : `${project.directory}/`;
  const found = REQUIREMENTS.map((name) => `requirements/${name}.txt`).find((file) =>
    project.tree.paths.includes(`${prefix}${file}`),
  );
  return found === undefined ? [] : [found];
}

function requirementsIn(names: ReadonlySet<string>): string[] {
  return [...names]
    .filter((name) => /^(requirements([-_.](dev|test|tests|testing))?|(dev|test)[-_]requirements)\.txt$/.test(name))
    .sort((one, other) => one.length - other.length || one.localeCompare(other));
}

/** A `pyproject.toml` that only holds settings of tools names nothing to install. */
function isInstallable(project: ProjectDirectory, pyproject: string): boolean {
  return project.names.has('setup.py') || /^\[(project|build-system|tool\.poetry)\]/m.test(pyproject);
}

function groupsOf(pyproject: string, table: string): string[] {
  const start = pyproject.search(new RegExp(`^\\[${table.replaceAll('.', '\\.')}\\]`, 'm'));
  if (start < 0) {
    return [];
  }
  const rest = pyproject.slice(start).split('\n').slice(1).join('\n');
  const end = rest.search(/^\[/m);
  const body = end < 0 ? rest : rest.slice(0, end);
  const names = [...body.matchAll(/^["']?([\w-]+)["']?\s*=/gm)].map((match) => match[1] ?? '');
  return forTests(names);
}

/** Those for tests; the one for development counts where there is none, because it often brings much more. */
function forTests(names: readonly string[]): string[] {
  const tests = names.filter((name) => TEST_GROUPS.includes(name));
  return tests.length > 0 ? tests : names.filter((name) => name === 'dev');
}

/** Groups of Poetry's own kind: `[tool.poetry.group.test.dependencies]`. */
function poetryGroups(pyproject: string): string[] {
  const names = [...pyproject.matchAll(/^\[tool\.poetry\.group\.([\w-]+)\.dependencies\]/gm)].map(
    (match) => match[1] ?? '',
  );
  return forTests([...names, ...groupsOf(pyproject, 'dependency-groups')]);
}

async function usesPytest(project: ProjectDirectory, pyproject: string): Promise<boolean> {
  if (project.names.has('pytest.ini') || /^\[tool\.pytest/m.test(pyproject)) {
    return true;
  }
  for (const name of present(project, ['setup.cfg', 'tox.ini'])) {
    if (/^\[(tool:)?pytest\]/m.test((await project.read(name)) ?? '')) {
      return true;
    }
  }
  const below = project.directory === '' ? '' : `${project.directory}/`;
  return project.tree.paths.some(
    (path) => path.startsWith(below) && /(^|\/)(test_[\w]+|[\w]+_test)\.py$/.test(path.slice(below.length)),
  );
}
