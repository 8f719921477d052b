import type { RepositoryRef, Thread } from '../task/task.ts';
import type {
  ChangedFile,
  CheckAnnotation,
  FailedChecks,
  PullDetails,
  PullFacts,
  ReviewFacts,
  ReviewThreadFacts,
} from './pull-facts.ts';

export type {
  ChangedFile,
  CheckAnnotation,
  FailedCheck,
  FailedChecks,
  PullDetails,
  PullFacts,
  ReviewFacts,
  ReviewThreadFacts,
} from './pull-facts.ts';

/**
 * GitHub as Bosun uses it. Every call resolves: what GitHub answered, or a problem as a value. Retries of safe reads,
 * paging and limits live behind it; whether to wait and how long is the caller's decision.
 */
export type GitHubResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: GitHubProblem };

export interface GitHubProblem {
  /**
   * `unavailable`: 5xx, network, timeout. `limited`: primary or secondary limit. `unauthorized`: 401. `forbidden`: 403
   * that is no limit, or a permission the installation does not grant. `not_found`: 404 in a repository that is there.
   * `gone`: 410, 451, moved away, and whenever the repository itself is gone or the App has no access to it. `conflict`: 409. `invalid`: 422 and other 4xx.
   */
  readonly kind:
    | 'unavailable'
    | 'limited'
    | 'unauthorized'
    | 'forbidden'
    | 'not_found'
    | 'gone'
    | 'conflict'
    | 'invalid';
  readonly status: number | null;
  /** What GitHub said, one line. */
  readonly message: string;
  readonly retryAt: Date | null;
}

/** Who goes first when GitHub's limits make writes wait; `low` is for edits that the next one makes worthless. */
export type WritePriority = 'high' | 'normal' | 'low';

export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none';

export interface RepositoryFacts {
  readonly ref: RepositoryRef;
  readonly defaultBranch: string;
  readonly isPrivate: boolean;
  readonly archived: boolean;
  readonly htmlUrl: string;
}

export interface ThreadFacts {
  readonly number: number;
  readonly kind: Thread['kind'];
  readonly nodeId: string;
  readonly title: string;
  readonly body: string;
  readonly author: { readonly id: number; readonly login: string; readonly isBot: boolean };
  readonly state: 'open' | 'closed';
  readonly locked: boolean;
  readonly labels: readonly string[];
  readonly updatedAt: Date;
}

export interface CommentFacts {
  readonly id: number;
  readonly author: { readonly id: number; readonly login: string; readonly isBot: boolean };
  /** Id of the App that wrote it, when one did. */
  readonly appId: number | null;
  readonly body: string;
  readonly url: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type BranchObstacle =
  /** A branch whose name excludes the other, as `bosun` excludes `bosun/x` and the other way round. */
  | { readonly kind: 'branch'; readonly name: string }
  /** A rule of a ruleset that the App may not bypass. */
  | { readonly kind: 'rule'; readonly reason: string };

export interface CheckRunContent {
  readonly priority?: WritePriority;
  readonly status: 'in_progress' | 'completed';
  readonly conclusion?: 'success' | 'failure' | 'neutral' | 'cancelled' | 'timed_out' | 'action_required';
  readonly title: string;
  readonly summary: string;
  readonly detailsUrl?: string;
  readonly startedAt?: Date;
  readonly completedAt?: Date;
  /** At most fifty; those of an update are added to what is there. */
  readonly annotations?: readonly CheckAnnotation[];
  /** At most three; label 20, description 40, identifier 20 characters. */
  readonly actions?: readonly { readonly label: string; readonly description: string; readonly identifier: string }[];
}

/** One path of a new tree: its content, an object that GitHub has already, or null to take it out. */
export interface NewTreeEntry {
  readonly path: string;
  readonly mode: '100644' | '100755' | '120000' | '160000';
  readonly to: { readonly text: string } | { readonly sha: string | null };
}

/** A commit as GitHub made it. */
export interface CreatedCommit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly isVerified: boolean;
  /** GitHub's word for the state of the signature, such as `valid` or `unsigned`. */
  readonly reason: string;
}

/**
 * Makes git objects and moves a branch over GitHub's API. Each object is a write of its own; what no branch leads to is
 * seen by nobody.
 */
export interface CommitWriter {
  /** The hash of the blob. */
  createBlob(content: Uint8Array): Promise<GitHubResult<string>>;
  /** The hash of the tree. */
  createTree(tree: { base: string; entries: readonly NewTreeEntry[] }): Promise<GitHubResult<string>>;
  /** Without an author and a date, so that GitHub signs it in the name of the App. */
  createCommit(commit: { message: string; tree: string; parent: string }): Promise<GitHubResult<CreatedCommit>>;
  /** Points a branch at a commit: a new one, or one that is there and that the commit continues. Never by force. */
  setBranch(to: { branch: string; sha: string; exists: boolean }): Promise<GitHubResult<void>>;
}

/** An object of GitHub's API as it came, to be read like the same object in a webhook. */
export type RawObject = Readonly<Record<string, unknown>>;

/** One installation (or one workflow run's token) on GitHub. */
export interface GitHub {
  fetchRepository(id: number): Promise<GitHubResult<RepositoryFacts>>;
  /**
   * By name, and with whatever the whole installation may read: one of its own repositories or a public one. A former
   * name is followed. `not_found` when it is neither.
   */
  fetchRepositoryByName(at: { owner: string; name: string }): Promise<GitHubResult<RepositoryFacts>>;
  /** By numeric id: GitHub is asked by login, and the answer's user id must be the one asked for, else `none`. */
  fetchRole(repository: RepositoryRef, user: { id: number; login: string }): Promise<GitHubResult<Role>>;
  fetchThread(repository: RepositoryRef, number: number): Promise<GitHubResult<ThreadFacts>>;
  /** All comments, oldest first, every page. */
  fetchComments(repository: RepositoryRef, number: number): Promise<GitHubResult<CommentFacts[]>>;
  /**
   * A file's bytes on a ref; `not_found` when absent, `invalid` with the reason when it is no file or larger than 1 MiB.
   * A symbolic link to a file of the repository is followed by GitHub.
   */
  fetchFile(repository: RepositoryRef, at: { path: string; ref: string }): Promise<GitHubResult<Uint8Array>>;
  /** Names in a folder on a ref, at most 1,000; `` is the root, `not_found` when there is no such folder. */
  fetchFolder(repository: RepositoryRef, at: { path: string; ref: string }): Promise<GitHubResult<string[]>>;
  /** Commit of a branch; `not_found` when the branch (or any commit) is missing. */
  fetchBranchSha(repository: RepositoryRef, branch: string): Promise<GitHubResult<string>>;
  /** Why a branch of this name cannot be created; null when nothing is known that speaks against it. */
  findBranchObstacle(repository: RepositoryRef, branch: string): Promise<GitHubResult<BranchObstacle | null>>;
  findPullByHead(repository: RepositoryRef, head: string): Promise<GitHubResult<PullFacts | null>>;
  fetchPull(repository: RepositoryRef, number: number): Promise<GitHubResult<PullFacts>>;
  /** Reviews of a pull request, the earliest first. */
  fetchReviewFacts(repository: RepositoryRef, number: number): Promise<GitHubResult<ReviewFacts[]>>;
  fetchPullDetails(repository: RepositoryRef, number: number): Promise<GitHubResult<PullDetails>>;
  /** What the head has that the base has not, seen from their merge base; at most 300 files. */
  fetchChangedFiles(
    repository: RepositoryRef,
    between: { base: string; head: string },
  ): Promise<GitHubResult<{ mergeBaseSha: string; files: ChangedFile[] }>>;
  /** Conversations on lines of a pull request, oldest first. */
  fetchReviewThreads(repository: RepositoryRef, number: number): Promise<GitHubResult<ReviewThreadFacts[]>>;
  replyToThread(repository: RepositoryRef, reply: { threadId: string; body: string }): Promise<GitHubResult<void>>;
  /** Idempotent at GitHub. Needs the right to change contents, so it takes a token of its own. */
  resolveThread(repository: RepositoryRef, thread: { threadId: string }): Promise<GitHubResult<void>>;
  /** A review without a verdict. `invalid` when a comment is on a line that the pull request does not show. */
  createReview(
    repository: RepositoryRef,
    review: {
      number: number;
      commitSha: string;
      body: string;
      comments: readonly { path: string; line: number; body: string }[];
    },
  ): Promise<GitHubResult<{ id: number; url: string }>>;
  /** Check runs of others and commit statuses that failed at a commit. */
  fetchFailedChecks(repository: RepositoryRef, at: { sha: string }): Promise<GitHubResult<FailedChecks>>;
  /** The end of what a job of GitHub Actions printed, at most 64 KiB; untrusted text. */
  fetchJobLog(repository: RepositoryRef, job: { id: number }): Promise<GitHubResult<string>>;
  /** Merges by GitHub's own auto-merge as soon as the rules of the branch are met, if the head is still this one. */
  enableAutoMerge(repository: RepositoryRef, pull: { nodeId: string; headSha: string }): Promise<GitHubResult<void>>;
  addLabels(repository: RepositoryRef, on: { number: number; labels: readonly string[] }): Promise<GitHubResult<void>>;
  createPull(
    repository: RepositoryRef,
    pull: { head: string; base: string; title: string; body: string; draft: boolean },
  ): Promise<GitHubResult<PullFacts>>;
  updatePull(repository: RepositoryRef, pull: { number: number; body: string }): Promise<GitHubResult<PullFacts>>;
  createComment(
    repository: RepositoryRef,
    on: { number: number; body: string; priority?: WritePriority },
  ): Promise<GitHubResult<CommentFacts>>;
  updateComment(
    repository: RepositoryRef,
    comment: { id: number; body: string; priority?: WritePriority },
  ): Promise<GitHubResult<CommentFacts>>;
  /** Folds a comment away as outdated. Idempotent at GitHub. */
  minimizeComment(
    repository: RepositoryRef,
    comment: { id: number; priority?: WritePriority },
  ): Promise<GitHubResult<void>>;
  /** Reaction on a comment, or on the thread itself when `commentId` is null. Idempotent at GitHub. */
  addReaction(
    repository: RepositoryRef,
    target: { number: number; commentId: number | null; content: 'eyes' | 'confused' | '+1' },
  ): Promise<GitHubResult<void>>;
  createCheckRun(
    repository: RepositoryRef,
    check: CheckRunContent & { name: string; headSha: string; externalId: string },
  ): Promise<GitHubResult<{ id: number }>>;
  updateCheckRun(repository: RepositoryRef, check: CheckRunContent & { id: number }): Promise<GitHubResult<void>>;
  findCheckRun(
    repository: RepositoryRef,
    on: { headSha: string; name: string; externalId: string },
  ): Promise<GitHubResult<{ id: number } | null>>;
  /** A token for one repository, minted at the moment of use. `use` gets it; it is revoked afterwards, whatever happens. */
  withRepositoryToken<T>(
    repository: RepositoryRef,
    permissions: 'read' | 'publish',
    use: (token: string) => Promise<T>,
  ): Promise<GitHubResult<T>>;
  /** Whether a branch, which need not exist, takes signed commits alone: by a ruleset or by its protection. */
  requiresSignatures(repository: RepositoryRef, branch: string): Promise<GitHubResult<boolean>>;
  /** A writer with a token for one repository, minted at the moment of use and revoked afterwards. */
  withCommitWriter<T>(repository: RepositoryRef, use: (writer: CommitWriter) => Promise<T>): Promise<GitHubResult<T>>;
}

/** What changed in the repositories of an installation. */
export interface GitHubActivity {
  /** Every repository of the installation. */
  fetchRepositories(): Promise<GitHubResult<RawObject[]>>;
  /**
   * Issues and pull requests that changed since then, the latest first, with an ETag for the next time; null when GitHub
   * says that nothing did (304, which does not count against the hour).
   */
  fetchChangedThreads(
    repository: RepositoryRef,
    from: { etag: string | null; since: Date },
  ): Promise<GitHubResult<{ etag: string | null; threads: RawObject[] } | null>>;
  /** Comments of the whole repository that were made or edited since then. */
  fetchCommentsSince(
    repository: RepositoryRef,
    from: { kind: 'thread' | 'review'; since: Date },
  ): Promise<GitHubResult<RawObject[]>>;
  /** Reviews of a pull request, the earliest first. */
  fetchReviews(repository: RepositoryRef, number: number): Promise<GitHubResult<RawObject[]>>;
  /** Who put which label on a thread, and when. */
  fetchLabelEvents(repository: RepositoryRef, number: number): Promise<GitHubResult<RawObject[]>>;
}

/** GitHub's number of one try of a delivery; past 2^53 since 2026, so it may be a bigint. Only hand it back. */
export type DeliveryId = number | bigint;

/** The App: one `GitHub` per installation, and what only the App itself may ask. */
export interface GitHubApp {
  installation(installationId: number): GitHub & GitHubActivity;
  /** The App's own id, slug and bot user, to recognise its own comments. */
  fetchSelf(): Promise<
    GitHubResult<{
      appId: number;
      slug: string;
      name: string;
      permissions: Readonly<Record<string, string>>;
      events: readonly string[];
    }>
  >;
  /** Ids of the installations that are not suspended. */
  fetchInstallations(): Promise<GitHubResult<number[]>>;
  /** Deliveries since `since`, grouped by guid, with the status that this server answered (0: none); those without any 2xx among their tries, or with `arrived` all of them. */
  fetchFailedDeliveries(
    since: Date,
    options?: { readonly arrived: 'too' },
  ): Promise<GitHubResult<{ guid: string; id: DeliveryId; event: string; status: number; deliveredAt: Date }[]>>;
  /** The request GitHub made, to route it as if it had arrived: event name and parsed payload. */
  fetchDelivery(id: DeliveryId): Promise<GitHubResult<{ guid: string; event: string; payload: unknown }>>;
}
