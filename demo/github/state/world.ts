import type { PushRule, Ruleset, SignatureRule } from './branch-rules.ts';
import type { CommitStatus, ReviewThread, User } from './people.ts';

export type { BranchRule, PushRule, Ruleset, SignatureRule } from './branch-rules.ts';
export type { CommitStatus, ReviewComment, ReviewThread, User } from './people.ts';

/** Everything the local GitHub knows. One mutable object; all maps are keyed as their comments say. */
export interface World {
  /** Base address without a trailing slash, e.g. `http://127.0.0.1:4123`. Valid once the server listens. */
  url: string;
  /** Where API addresses in answers point: `URL/api/v3`, as on an Enterprise server. */
  apiUrl: string;
  /** Directory that holds the bare repositories. */
  root: string;
  now: () => Date;
  newId: () => number;
  /** Keyed by lower-case login. */
  users: Map<string, User>;
  /** Keyed by repository id. */
  repositories: Map<number, Repository>;
  /** Keyed by lower-case `owner/name` that once was the address of a repository. */
  formerNames: Map<string, number>;
  app: App;
  /** Keyed by installation id. */
  installations: Map<number, Installation>;
  /** Keyed by the token itself. */
  tokens: Map<string, Token>;
  /** Codes of people who signed in to the app and that nobody has exchanged yet. */
  signInCodes: Map<string, { user: User; redirectUri: string; challenge: string | null; madeAt: Date }>;
  /** How much later lists show what was created. */
  listingLagMs: number;
  /** Sends a webhook to the app when one of its installations covers it. Never throws. */
  emit: (event: OutgoingEvent) => void;
}

/** GitHub's five roles and the absence of one. */
export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none';

export interface Repository {
  id: number;
  owner: User;
  name: string;
  description: string | null;
  private: boolean;
  /** The repository it was forked from. */
  forkOf: Repository | null;
  archived: boolean;
  defaultBranch: string;
  /** Absolute path of the bare repository. */
  dir: string;
  /** Keyed by user id. The owner is always admin. */
  roles: Map<number, Role>;
  /** Issues and pull requests, keyed by number. */
  issues: Map<number, Issue>;
  nextNumber: number;
  /** Keyed by lower-case name. */
  labels: Map<string, Label>;
  /** Keyed by check run id. */
  checkRuns: Map<number, CheckRun>;
  /** Check suite id by head commit. */
  checkSuites: Map<string, number>;
  /** Commit statuses, oldest first, keyed by commit. */
  statuses: Map<string, CommitStatus[]>;
  /** What the job of a check run of GitHub Actions printed, keyed by check run id. */
  jobLogs: Map<number, string>;
  pushRules: PushRule[];
  rulesets: Ruleset[];
  /** Where only commits with a verified signature may go. */
  signatureRules: SignatureRule[];
  /** Hashes of commits that GitHub signed, because they were made through its API without an author or a date. */
  signedCommits: Set<string>;
  createdAt: Date;
  pushedAt: Date;
}

export interface Label {
  id: number;
  name: string;
  color: string;
  description: string | null;
  default: boolean;
}

export interface Issue {
  id: number;
  repository: Repository;
  number: number;
  title: string;
  body: string | null;
  user: User;
  viaApp: boolean;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'not_planned' | 'reopened' | 'duplicate' | null;
  locked: boolean;
  lockReason: string | null;
  labels: Label[];
  /** Who put on which label and when, oldest first. */
  labelEvents: { id: number; label: Label; actor: User; at: Date }[];
  assignees: User[];
  /** Keyed by comment id, in order of creation. */
  comments: Map<number, Comment>;
  reactions: Reaction[];
  createdAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  closedBy: User | null;
  pull: Pull | null;
  /** Where it went, when it was transferred. */
  transferredTo: Issue | null;
  deleted: boolean;
}

export interface Comment {
  id: number;
  issue: Issue;
  user: User;
  viaApp: boolean;
  body: string;
  reactions: Reaction[];
  /** Why it is folded away; null when it is not. */
  minimizedAs: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface Reaction {
  id: number;
  user: User;
  content: string;
  createdAt: Date;
}

export interface Pull {
  id: number;
  draft: boolean;
  head: { repository: Repository; ref: string; sha: string };
  base: { repository: Repository; ref: string; sha: string };
  mergedAt: Date | null;
  mergedBy: User | null;
  mergeCommitSha: string | null;
  maintainerCanModify: boolean;
  /** Oldest first. */
  reviews: Review[];
  /** Conversations on lines, oldest first. */
  threads: ReviewThread[];
  /** Set while it is to be merged as soon as its requirements are met. */
  autoMerge: { by: User; method: string } | null;
}

export interface Review {
  id: number;
  user: User;
  body: string;
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
  /** The head when it was submitted. */
  commitSha: string;
  submittedAt: Date;
}

export interface CheckRun {
  id: number;
  repository: Repository;
  /** `actions`: a job of GitHub Actions, which has a log. */
  by: 'app' | 'actions';
  name: string;
  headSha: string;
  status: string;
  conclusion: string | null;
  externalId: string;
  detailsUrl: string;
  createdAt: Date;
  startedAt: Date;
  completedAt: Date | null;
  output: { title: string | null; summary: string | null; text: string | null; annotations: unknown[] };
  actions: { label: string; description: string; identifier: string }[];
}

export interface App {
  id: number;
  slug: string;
  name: string;
  clientId: string;
  clientSecret: string;
  owner: User;
  /** `SLUG[bot]`, the author of what installation tokens write. */
  bot: User;
  privateKey: string;
  publicKey: string;
  permissions: Permissions;
  events: string[];
  createdAt: Date;
}

export type Permissions = Record<string, string>;

export interface Installation {
  id: number;
  account: User;
  /** Ids of the repositories it covers; `all` means every one of the account. */
  repositories: Set<number> | 'all';
  permissions: Permissions;
  suspendedAt: Date | null;
  createdAt: Date;
}

export interface Token {
  /** Safe to log; the token itself is not. */
  id: string;
  kind: 'installation' | 'actions' | 'user';
  user: User;
  installation: Installation | null;
  /** Null: whatever the installation or the user can reach. */
  repositories: Set<number> | null;
  permissions: Permissions;
  expiresAt: Date | null;
  revoked: boolean;
}

/** Who does something: a person, or the app in its bot's name. */
export interface Actor {
  user: User;
  viaApp: boolean;
}

export interface OutgoingEvent {
  event: string;
  action: string | null;
  repository: Repository | null;
  installation?: Installation;
  sender: User;
  /** Without `action`, `repository`, `installation` and `sender`, which are added. */
  payload: Record<string, unknown> | Promise<Record<string, unknown>>;
}
