interface Author {
  readonly id: number;
  readonly login: string;
  readonly isBot: boolean;
}

export interface PullFacts {
  readonly number: number;
  readonly url: string;
  readonly draft: boolean;
  readonly state: 'open' | 'closed' | 'merged';
  readonly headSha: string;
  readonly headRef: string;
  readonly body: string;
  readonly authorAppId: number | null;
}

/** A pull request with what git says of its two sides. */
export interface PullDetails extends PullFacts {
  readonly nodeId: string;
  readonly title: string;
  readonly author: Author;
  /** The repository of the head; null when that fork is gone. */
  readonly headRepositoryId: number | null;
  /** Whether people who may write to the base repository may push to the branch of the fork. */
  readonly maintainerCanModify: boolean;
  readonly baseRef: string;
  /** Whether it can be merged; null while GitHub finds out. */
  readonly mergeable: boolean | null;
  readonly labels: readonly string[];
}

/** A file that a change touches. */
export interface ChangedFile {
  readonly path: string;
  readonly status: string;
  /** Unified diff without the header; null where GitHub shows none, as for binary and very large files. */
  readonly patch: string | null;
}

/** A conversation on a line of a pull request. */
export interface ReviewThreadFacts {
  /** The id that GraphQL knows it by. */
  readonly id: string;
  readonly isResolved: boolean;
  readonly isOutdated: boolean;
  readonly path: string;
  /** Null where it is about the file. */
  readonly line: number | null;
  /** Oldest first, at most 100. */
  readonly comments: readonly {
    readonly id: number;
    /** Bosun wrote it. */
    readonly isOwn: boolean;
    readonly author: Author;
    readonly body: string;
    readonly url: string;
    readonly createdAt: Date;
    readonly editedAt: Date | null;
  }[];
}

/** A check run or commit status that failed. */
export interface FailedCheck {
  readonly kind: 'check_run' | 'status';
  readonly name: string;
  /** Of a check run that is a job of GitHub Actions: the id under which its log is kept. */
  readonly jobId: number | null;
  readonly conclusion: string;
  /** What it says of itself; untrusted text. */
  readonly summary: string;
  readonly url: string | null;
}

/** Checks of a commit that failed, and permissions without which more might be seen. */
export interface FailedChecks {
  readonly failed: readonly FailedCheck[];
  readonly isPending: boolean;
  readonly missingPermissions: readonly string[];
}

/** One review of a pull request. */
export interface ReviewFacts {
  readonly id: number;
  readonly body: string;
  readonly url: string;
  readonly author: { readonly id: number; readonly login: string; readonly isBot: boolean };
  readonly state: 'approved' | 'changes_requested' | 'commented' | 'dismissed' | 'pending';
  /** The commit that was looked at; null when GitHub does not know it any more. */
  readonly commitSha: string | null;
}

/** A remark on a line of the commit that is checked. */
export interface CheckAnnotation {
  readonly path: string;
  readonly line: number;
  readonly level: 'failure' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
}
