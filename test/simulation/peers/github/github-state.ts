import type { Role } from '../../../../app/github/github.ts';
import type { VirtualTime } from '../../engine/virtual-time.ts';
import type { Commits } from '../commits.ts';

export const APP_ID = 77;
export const INSTALLATION_ID = 3;
export const BOT = { id: 900, login: 'bosun[bot]', isBot: true } as const;

export interface Person {
  readonly id: number;
  readonly login: string;
  readonly isBot: boolean;
}

export interface SimRepository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly refs: Map<string, string>;
  archived: boolean;
}

export interface SimIssue {
  readonly repositoryId: number;
  readonly number: number;
  readonly author: Person;
  title: string;
  body: string;
  open: boolean;
  locked: boolean;
  readonly labels: Set<string>;
  updatedAt: number;
}

export interface SimComment {
  readonly id: number;
  readonly repositoryId: number;
  readonly number: number;
  readonly author: Person;
  readonly appId: number | null;
  body: string;
  readonly createdAt: number;
  updatedAt: number;
  deleted: boolean;
}

export interface SimPull {
  readonly repositoryId: number;
  readonly number: number;
  readonly head: string;
  readonly base: string;
  readonly appId: number | null;
  state: 'open' | 'closed' | 'merged';
  body: string;
  headSha: string;
  readonly createdAt: number;
}

export interface SimCheckRun {
  readonly id: number;
  readonly repositoryId: number;
  readonly headSha: string;
  readonly name: string;
  readonly externalId: string;
  status: string;
  conclusion: string | null;
}

/** All that the simulated GitHub holds. What it says about itself is the judge of every run. */
export interface GitHubState {
  readonly time: VirtualTime;
  readonly commits: Commits;
  readonly repositories: Map<number, SimRepository>;
  readonly issues: SimIssue[];
  readonly comments: SimComment[];
  readonly pulls: SimPull[];
  readonly checks: SimCheckRun[];
  /** `<repository>/<number>/<comment or thread>/<content>` of the App's own. */
  readonly reactions: Set<string>;
  readonly people: Person[];
  readonly roles: Map<number, Role>;
  /** People whose role was never changed. */
  readonly steady: Set<number>;
  nextId(): number;
  nextNumber(repositoryId: number): number;
}

export function createGitHubState(parts: Pick<GitHubState, 'time' | 'commits'>): GitHubState {
  const numbers = new Map<number, number>();
  let lastId = 1_000;
  return {
    ...parts,
    repositories: new Map(),
    issues: [],
    comments: [],
    pulls: [],
    checks: [],
    reactions: new Set(),
    people: [],
    roles: new Map(),
    steady: new Set(),
    nextId: () => (lastId += 1),
    nextNumber(repositoryId) {
      const number = (numbers.get(repositoryId) ?? 0) + 1;
      numbers.set(repositoryId, number);
      return number;
    },
  };
}
