import type { GitHub, GitHubApp } from '../../../github/github.ts';
import { ok, skip, warn, type Check } from '../check.ts';
import { readExposedWorkflow } from './exposed-workflows.ts';

const NAME = 'workflows';
const FOLDER = '.github/workflows';
/** Each workflow is a request; an operator with more repositories looks at some of them. */
const MOST_REPOSITORIES = 20;
const MOST_WORKFLOWS = 30;

interface Exposed {
  readonly repository: string;
  readonly workflow: string;
  readonly secrets: readonly string[];
}

/** Which workflows of the repositories run with secrets on a branch that Bosun pushes. */
export async function examineWorkflows(app: Pick<GitHubApp, 'fetchInstallations' | 'installation'>): Promise<Check> {
  const installations = await app.fetchInstallations();
  if (!installations.ok) {
    return skip(NAME, `not asked: ${installations.problem.message}`);
  }
  const exposed: Exposed[] = [];
  let looked = 0;
  for (const id of installations.value) {
    const github = app.installation(id);
    const repositories = await github.fetchRepositories();
    for (const raw of repositories.ok ? repositories.value : []) {
      const repository = readRepository(raw);
      if (repository !== null && looked < MOST_REPOSITORIES) {
        looked += 1;
        exposed.push(...(await examineRepository(repository, github)));
      }
    }
  }
  return judgeWorkflows(exposed, looked);
}

/** What was found, for people. */
export function judgeWorkflows(exposed: readonly Exposed[], looked: number): Check {
  if (exposed.length === 0) {
    return ok(NAME, `none of ${looked} repositories runs a workflow with secrets on a branch of Bosun`);
  }
  const list = exposed
    .slice(0, 10)
    .map(({ repository, secrets, workflow }) => `${repository} ${workflow} (${secrets.slice(0, 3).join(', ')})`);
  const rest = exposed.length > list.length ? `, and ${exposed.length - list.length} more` : '';
  return warn(
    NAME,
    `run with secrets on a branch that Bosun pushes, before anybody merges it: ${list.join('; ')}${rest}`,
    'Leave `bosun/**` out of their branches, or put the secrets into an environment that needs approval. Work made from text of people without write access is held in any case, unless the repository says `push: always`.',
  );
}

interface Repository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch: string;
}

async function examineRepository(
  { defaultBranch: ref, ...repository }: Repository,
  github: Pick<GitHub, 'fetchFile' | 'fetchFolder'>,
): Promise<Exposed[]> {
  const names = await github.fetchFolder(repository, { path: FOLDER, ref });
  const workflows = names.ok ? names.value.filter((name) => /\.ya?ml$/.test(name)).slice(0, MOST_WORKFLOWS) : [];
  const found: Exposed[] = [];
  for (const workflow of workflows) {
    const file = await github.fetchFile(repository, { path: `${FOLDER}/${workflow}`, ref });
    const exposed = file.ok ? readExposedWorkflow(Buffer.from(file.value).toString('utf8')) : null;
    if (exposed !== null) {
      found.push({ repository: `${repository.owner}/${repository.name}`, workflow, secrets: exposed.secrets });
    }
  }
  return found;
}

function readRepository(raw: Readonly<Record<string, unknown>>): Repository | null {
  const { default_branch: defaultBranch, id, name, owner } = raw;
  const login = typeof owner === 'object' && owner !== null && 'login' in owner ? owner.login : null;
  return typeof id === 'number' &&
    typeof name === 'string' &&
    typeof login === 'string' &&
    typeof defaultBranch === 'string'
    ? { id, owner: login, name, defaultBranch }
    : null;
}
