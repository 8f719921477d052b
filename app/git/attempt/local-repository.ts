import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isBranchName, isSha } from '../is-branch-name.ts';
import { mustGit } from '../run-git.ts';
import {
  checkBranch,
  RECEIVE_LIMITS,
  START_REF,
  submoduleRef,
  type AttemptRef,
  type AttemptRepository,
} from './attempt.ts';
import type { KeptFacts } from './stored-work.ts';

/** The repository of an attempt on this machine, and what this machine knows to be stored of it. */
export interface LocalRepository {
  readonly repository: AttemptRepository;
  readonly kept: KeptFacts | null;
}

const FACTS_FILE = 'bosun.json';

/**
 * Every object a worker sends is checked by `index-pack --strict` in a quarantine of git's own before a ref moves. Other
 * branches that the mirror holds are neither shown nor, with git's first protocol, given by their hash.
 */
const CONFIG = `[receive]
	fsckObjects = true
	unpackLimit = 1
	maxInputSize = ${RECEIVE_LIMITS.packBytes}
	denyDeletes = true
	autogc = false
	updateServerInfo = false
	advertisePushOptions = false
[transfer]
	fsckObjects = true
	unpackLimit = 1
	hideRefs = refs/bosun
[uploadpack]
	allowFilter = false
	allowAnySHA1InWant = false
[core]
	alternateRefsPrefixes = refs/none/
	logAllRefUpdates = true
	hooksPath = /dev/null
[gc]
	auto = 0
`;

export async function readLocal(path: string): Promise<LocalRepository | null> {
  try {
    const read = JSON.parse(await readFile(join(path, FACTS_FILE), 'utf8')) as AttemptRepository & {
      kept?: KeptFacts | null;
    };
    const { kept = null, ...repository } = read;
    return { repository: { ...repository, path }, kept };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

export async function writeLocal(directory: string, local: LocalRepository): Promise<void> {
  const file = join(directory, FACTS_FILE);
  await writeFile(`${file}.new`, JSON.stringify({ ...local.repository, kept: local.kept }));
  await rename(`${file}.new`, file);
}

/**
 * Makes the repository beside its place and moves it there whole. Objects of the base are borrowed from the mirror, so
 * it costs milliseconds and no disk. Refs are the base branch, pinned to the commit of the attempt, and what `fill` adds;
 * `fill` resolves with what is stored of the attempt.
 */
export async function buildLocal(
  repository: AttemptRepository,
  options: { mirror: (repositoryId: number) => string; fill: (gitDir: string) => Promise<KeptFacts | null> },
): Promise<AttemptRepository> {
  const { baseBranch, baseSha, path, startSha, submodules = [], workBranch } = repository;
  const shas = [baseSha, startSha, ...submodules.map(({ sha }) => sha)];
  if (![baseBranch, workBranch].every(isBranchName) || !shas.every(isSha)) {
    throw new Error(`expected branch names and full commit ids, found ${JSON.stringify(repository)}`);
  }
  const gitDir = `${path}.new`;
  await rm(gitDir, { recursive: true, force: true });
  await mkdir(join(path, '..'), { recursive: true });
  await mustGit({ args: ['init', '--quiet', '--bare', '--template=', `--initial-branch=${baseBranch}`, '--', gitDir] });
  await mkdir(join(gitDir, 'objects', 'info'), { recursive: true });
  const lenders = new Set([repository.repositoryId, ...submodules.map(({ repositoryId }) => repositoryId)]);
  const alternates = [...lenders].map((id) => `${join(options.mirror(id), 'objects')}\n`);
  await writeFile(join(gitDir, 'objects', 'info', 'alternates'), alternates.join(''));
  await appendFile(join(gitDir, 'config'), CONFIG);
  await mustGit({ gitDir, args: ['update-ref', `refs/heads/${baseBranch}`, `${baseSha}^{commit}`] });
  for (const [index, { sha }] of submodules.entries()) {
    await mustGit({ gitDir, args: ['update-ref', submoduleRef(index), `${sha}^{commit}`] });
  }
  const kept = await options.fill(gitDir);
  await writeLocal(gitDir, { repository, kept });
  await rm(path, { recursive: true, force: true });
  await rename(gitDir, path);
  return repository;
}

/** Sets the work branch, and the start where the worker was given more than the base. */
export async function setWork(gitDir: string, work: { workBranch: string; headSha: string | null }): Promise<void> {
  if (work.headSha !== null) {
    await mustGit({ gitDir, args: ['update-ref', `refs/heads/${work.workBranch}`, `${work.headSha}^{commit}`] });
  }
}

/** Sets the branch of the check sessions. */
export async function setCheck(
  gitDir: string,
  at: AttemptRef & { checkSha?: string | null | undefined },
): Promise<void> {
  if (typeof at.checkSha === 'string') {
    await mustGit({ gitDir, args: ['update-ref', `refs/heads/${checkBranch(at)}`, `${at.checkSha}^{commit}`] });
  }
}

export async function setStart(gitDir: string, at: { baseSha: string; startSha: string }): Promise<void> {
  if (at.startSha !== at.baseSha) {
    await mustGit({ gitDir, args: ['update-ref', START_REF, `${at.startSha}^{commit}`] });
  }
}
