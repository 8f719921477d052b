import { present } from './ecosystem.ts';
import type { DetectedProject, Ecosystem, ProjectDirectory } from './ecosystem.ts';

const MARKERS = ['uv.lock', 'poetry.lock', 'pyproject.toml', 'setup.py', 'setup.cfg'];
const VENV = 'python3 -m venv .venv';
const PIP = '.venv/bin/python -m pip install --disable-pip-version-check';
/** Extras and dependency groups that by their name bring what tests need. */
const TEST_GROUPS = ['test', 'tests', 'testing', 'dev'];
const TOOLS = 'python3 -m venv "$HOME/.tools" && "$HOME/.tools/bin/pip" install --disable-pip-version-check';

/** uv, Poetry and pip, always into `.venv` of the project. */
export const python: Ecosystem = {
  name: 'Python',
  isProject: (names) => MARKERS.some((name) => names.has(name)) || requirementsIn(names).length > 0,
  detect: async (project) => {
    const pyproject = (await project.read('pyproject.toml')) ?? '';
    const isTested = await usesPytest(project, pyproject);
    const install = chooseInstall(project, { pyproject, isTested });
    return install === null
      ? null
      : ({ ...install, verify: isTested ? '.venv/bin/python -m pytest' : null } satisfies DetectedProject);
  },
};

function chooseInstall(
  project: ProjectDirectory,
  given: { pyproject: string; isTested: boolean },
): Omit<DetectedProject, 'verify'> | null {
  const manifests = present(project, ['pyproject.toml', 'setup.py', 'setup.cfg', '.python-version']);
  if (project.names.has('uv.lock')) {
    const setup = [`${TOOLS} uv`, '"$HOME/.tools/bin/uv" sync --frozen'];
    return { because: 'uv.lock', setup, inputs: ['uv.lock', ...manifests] };
  }
  if (project.names.has('poetry.lock')) {
    const setup = [
      `${TOOLS} poetry`,
      'POETRY_VIRTUALENVS_IN_PROJECT=true "$HOME/.tools/bin/poetry" install --no-interaction',
    ];
    return { because: 'poetry.lock', setup, inputs: ['poetry.lock', ...manifests] };
  }
  const files = requirementsIn(project.names);
  const isPackage = isInstallable(project, given.pyproject);
  if (files.length === 0 && !isPackage) {
    return null;
  }
  const groups = groupsOf(given.pyproject, 'dependency-groups');
  const extras = groupsOf(given.pyproject, 'project.optional-dependencies');
  const what = [
    ...files.map((name) => `-r ${name}`),
    ...(isPackage ? [`-e ${extras.length === 0 ? '.' : `'.[${extras.join(',')}]'`}`] : []),
    ...groups.map((name) => `--group ${name}`),
    ...(given.isTested ? ['pytest'] : []),
  ];
  // Groups of dependencies are known to pip from 25.1 on
  const newer = groups.length === 0 ? [] : [`${PIP} --upgrade pip`];
  return {
    because: files[0] ?? manifests[0] ?? 'pyproject.toml',
    setup: [VENV, ...newer, `${PIP} ${what.join(' ')}`],
    inputs: [...files, ...manifests],
  };
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
  return names.filter((name) => TEST_GROUPS.includes(name));
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
