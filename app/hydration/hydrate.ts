import { INSTRUCTION_FILES, isInstructionFile } from '../config/instruction-files.ts';
import type { AttemptSubmodule } from '../git/attempt/attempt.ts';
import type { Mirrors, Refreshed } from '../git/mirror.ts';
import { isElsewhere } from '../git/remote-problem.ts';
import { followRename } from '../github/follow-rename.ts';
import type { GitHub, GitHubProblem, GitHubResult, RepositoryFacts, ThreadFacts } from '../github/github.ts';
import type { EarlierWork } from '../task/earlier-work.ts';
import { failure, type Failure } from '../task/failure.ts';
import type { TaskType } from '../task/task-type.ts';
import { publishesChanges, TASK_TYPE_RECORDS } from '../task/task-types.ts';
import type { Task } from '../task/task.ts';
import { collectComments, type CollectedComments } from './collect-comments.ts';
import { collectPull, refusePull, type PullContext } from './pull/collect-pull.ts';
import { settleCalls } from '../text/bounded/settle-calls.ts';
import type { TextWork } from '../text/bounded/text-work.ts';
import { visibleText } from '../text/visible-text.ts';
import { completeCheckout } from './complete-checkout.ts';
import { findOutsiders } from './find-outsiders.ts';
import { planEnvironment, type EnvironmentPlan } from './plan-environment.ts';
import { renderPrompt, type InstructionFile, type PromptReading, type UnreadFile } from './render-prompt.ts';

/** Everything the worker needs to know, gathered before any money is spent. */
export interface Hydrated {
  readonly baseBranch: string;
  readonly baseSha: string;
  readonly earlier: EarlierWork | null;
  readonly environment: EnvironmentPlan;
  readonly submodules: readonly AttemptSubmodule[];
  /** The worker fetches the files that Git LFS stores. */
  readonly usesLfs: boolean;
  /** What of the checkout could not be had, one sentence each. */
  readonly missing: readonly string[];
  readonly prompt: { readonly system: string; readonly user: string };
  /** Who wrote text of it without having write access; null when that was not looked for. */
  readonly outsiders: readonly string[] | null;
  /** Shown to people as "what the agent read". */
  readonly read: PromptReading;
}

export type Hydration =
  | { readonly kind: 'ready'; readonly hydrated: Hydrated }
  | { readonly kind: 'github'; readonly note: string; readonly retryAt: Date | null }
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface Hydrator {
  hydrate(task: Task, options: { signal: AbortSignal; earlier: EarlierWork | null }): Promise<Hydration>;
}

export interface HydrationOptions {
  readonly github: (installationId: number) => GitHub;
  readonly mirror: Pick<
    Mirrors,
    'refresh' | 'readFile' | 'readDocument' | 'pathKind' | 'listFiles' | 'listSubmodules' | 'ensureCommit' | 'lfs'
  >;
  /** Most that the LFS files of one checkout may have together. */
  readonly lfsBytes: number;
  /** Reads foreign text where it cannot hold up anything else; here when absent. */
  readonly visible?: TextWork['visible'];
}

/**
 * Gathers the context of a task: the approved text, the comments that may enter, the repository's instruction files
 * from its default branch, and the commit to start from. GitHub being unavailable is not a failure.
 */
export function createHydrator(options: HydrationOptions): Hydrator {
  return {
    async hydrate(task, { signal, earlier }) {
      const github = options.github(task.installationId);
      const type = TASK_TYPE_RECORDS[task.type];
      const { context: sources } = type;
      const [repository, thread, comments, pull] = await Promise.all([
        github.fetchRepository(task.repository.id),
        github.fetchThread(task.repository, task.thread.number),
        sources.includes('comments') ? collectComments(task, github) : NO_COMMENTS,
        type.startsAt === 'pull_head' ? collectPull(task, type, github) : NO_PULL,
      ]);
      const problem = [repository, thread, comments, pull].find((result) => !result.ok);
      if (problem !== undefined && !problem.ok) {
        return explain(problem.problem, problem === thread ? 'ISSUE_GONE' : 'REPOSITORY_GONE');
      }
      const fetched = { repository: value(repository), thread: value(thread), comments: value(comments) };
      const about = value(pull);
      const refusal = about === null ? null : refusePull(task, type, about);
      return refusal === null
        ? gather(task, { ...fetched, pull: about }, { ...options, github, signal, earlier: continues(earlier, type) })
        : { kind: 'failed', failure: refusal };
    },
  };
}

const NO_COMMENTS: GitHubResult<CollectedComments> = {
  ok: true,
  value: { comments: [], leftOut: { notWriter: 0, later: 0, edited: 0, bot: 0 }, cut: 0, isRequestEdited: false },
};

const NO_PULL: GitHubResult<PullContext | null> = { ok: true, value: null };

/** What a worker left that changes nothing is nothing to continue from. */
function continues(earlier: EarlierWork | null, type: TaskType): EarlierWork | null {
  const isOfPull = type.startsAt === 'pull_head';
  return isOfPull && (earlier?.source.kind !== 'quarantined' || !publishesChanges(type)) ? null : earlier;
}

interface Fetched {
  readonly pull: PullContext | null;
  readonly repository: RepositoryFacts;
  readonly thread: ThreadFacts;
  readonly comments: CollectedComments;
}

async function gather(
  task: Task,
  fetched: Fetched,
  context: Omit<HydrationOptions, 'github'> & { github: GitHub; signal: AbortSignal; earlier: EarlierWork | null },
): Promise<Hydration> {
  const { comments, pull, repository, thread } = fetched;
  if (repository.archived) {
    return { kind: 'failed', failure: failure('REPOSITORY_ARCHIVED') };
  }
  const authors = [...comments.comments.map(({ author }) => author), ...(pull?.threads.authors ?? [])];
  const outsiders = await findOutsiders(task, authors, context.github);
  if (!outsiders.ok) {
    return explain(outsiders.problem, 'REPOSITORY_GONE');
  }
  const head = context.earlier === null ? (pull?.details ?? null) : null;
  const baseBranch =
    head?.baseRef ?? context.earlier?.baseBranch ?? task.settings.baseBranch ?? repository.defaultBranch;
  const branches = new Set([repository.defaultBranch, baseBranch]);
  if (context.earlier?.source.kind === 'published') {
    branches.add(context.earlier.source.branch);
  }
  const { github, mirror, signal } = context;
  const refreshed = await followRename(repository.ref, {
    github,
    run: (ref) =>
      github.withRepositoryToken(ref, 'read', async (token) => {
        const fetched = await mirror.refresh({ repository: ref, token, branches: [...branches], signal });
        const commit = { repository: ref, token, branch: baseBranch, sha: head?.headSha ?? '', signal };
        const ensured = head === null || !fetched.ok ? null : await mirror.ensureCommit(commit);
        return ensured?.ok === false ? ensured : fetched;
      }),
    isElsewhere: (result) => !result.ok && isElsewhere(result),
  });
  if (!refreshed.ok) {
    return explain(refreshed.problem, 'REPOSITORY_GONE');
  }
  if (!refreshed.value.ok) {
    return explainGit(refreshed.value);
  }
  const { shas } = refreshed.value;
  const defaultSha = shas.get(repository.defaultBranch);
  const baseSha = context.earlier?.baseSha ?? shas.get(baseBranch);
  if (baseSha === undefined) {
    return {
      kind: 'failed',
      failure:
        defaultSha === undefined
          ? failure('REPOSITORY_EMPTY')
          : failure('BASE_BRANCH_MISSING', `There is no branch \`${baseBranch}\`.`),
    };
  }
  const earlier = head === null ? context.earlier : startAtHead(head, baseSha);
  const environment = await planEnvironment(task, { sha: baseSha, mirror: context.mirror });
  const { path } = task.settings;
  if (path !== null) {
    const kind = await context.mirror.pathKind({ repositoryId: task.repository.id, sha: baseSha, path });
    if (kind !== 'folder') {
      const what = kind === 'file' ? `\`${path}\` is a file` : `There is no \`${path}\``;
      return { kind: 'failed', failure: failure('PATH_MISSING', `${what} on the branch \`${baseBranch}\`.`) };
    }
  }
  const checkout = await completeCheckout(task, { repository: repository.ref, sha: baseSha, context });
  if (checkout.kind === 'github') {
    return checkout;
  }
  const type = TASK_TYPE_RECORDS[task.type];
  const instructions = type.context.includes('instructions')
    ? await readInstructions(task, defaultSha ?? baseSha, context.mirror)
    : { instructions: [], unread: [] };
  const facts = {
    task,
    type,
    repository,
    thread,
    comments,
    ...instructions,
    baseBranch,
    resumed: context.earlier !== null,
    pull,
  };
  const work = { ask: context.visible ?? visibleText, unanswered: { text: '', removed: [] } };
  const rendered = await settleCalls(work, (visible) => renderPrompt(facts, visible));
  return {
    kind: 'ready',
    hydrated: {
      baseBranch,
      baseSha,
      earlier,
      environment: { ...environment, checkoutBytes: environment.checkoutBytes + checkout.bytes },
      submodules: checkout.submodules,
      usesLfs: checkout.usesLfs,
      missing: checkout.missing,
      prompt: rendered.prompt,
      read: rendered.read,
      outsiders: outsiders.value,
    },
  };
}

/** The worker starts from the head of a pull request; what it adds is compared with that. */
function startAtHead({ baseRef, headRef, headSha }: PullContext['details'], baseSha: string): EarlierWork {
  const source = { kind: 'published', branch: headRef, sha: headSha } as const;
  return { baseBranch: baseRef, baseSha, source, gateBaseSha: headSha };
}

const MOST_INSTRUCTION_BYTES = 64 * 1024;

/** Instruction files come from the default branch only: on a branch of its own an attacker could have written them. */
async function readInstructions(
  task: Task,
  sha: string,
  mirror: HydrationOptions['mirror'],
): Promise<{ instructions: InstructionFile[]; unread: UnreadFile[] }> {
  const instructions: InstructionFile[] = [];
  const unread: UnreadFile[] = [];
  for (const path of INSTRUCTION_FILES) {
    const document = await mirror.readDocument({
      repositoryId: task.repository.id,
      sha,
      path,
      maxBytes: MOST_INSTRUCTION_BYTES,
      mayFollow: isInstructionFile,
    });
    if (document.kind === 'text') {
      instructions.push({ path, text: document.text });
    }
    if (document.kind === 'text' && document.isCut) {
      unread.push({ path, why: 'only the first 64 KiB were read' });
    } else if (document.kind === 'unreadable') {
      unread.push({ path, why: document.why });
    }
  }
  return { instructions, unread };
}

function explain(problem: GitHubProblem, gone: 'ISSUE_GONE' | 'REPOSITORY_GONE'): Hydration {
  switch (problem.kind) {
    case 'unavailable':
    case 'limited':
      return { kind: 'github', note: `GitHub: ${problem.message}`, retryAt: problem.retryAt };
    case 'not_found':
    case 'gone':
      return { kind: 'failed', failure: failure(gone, problem.message) };
    case 'unauthorized':
    case 'forbidden':
    case 'conflict':
    case 'invalid':
      return { kind: 'failed', failure: failure('GITHUB_FORBIDDEN', problem.message) };
  }
}

function explainGit(problem: Extract<Refreshed, { ok: false }>): Hydration {
  switch (problem.kind) {
    case 'unavailable':
    case 'limited':
    case 'aborted':
    case 'local':
      return { kind: 'github', note: problem.note, retryAt: problem.retryAt };
    case 'unauthorized':
    case 'forbidden':
      return { kind: 'failed', failure: failure('GITHUB_FORBIDDEN', problem.note) };
    case 'not_found':
    case 'moved':
      return { kind: 'failed', failure: failure('REPOSITORY_GONE', problem.note) };
    case 'unaddressable':
      return { kind: 'failed', failure: failure('INTERNAL', problem.note) };
  }
}

function value<T>(result: GitHubResult<T>): T {
  if (!result.ok) {
    throw new Error(`expected an answer, found ${result.problem.kind}`);
  }
  return result.value;
}
