import type { PushRule } from '../../task/question.ts';
import type { InstallFact } from '../inspect/installs/install-fact.ts';

/** What looks like a credential. */
export interface SecretFact {
  readonly kind: string;
  /** SHA-256 (hex) of what was found by its looks; null for a secret of this server. */
  readonly sha256: string | null;
}

/** One path that differs between two commits, as plain data. */
export interface Change {
  /** As git has it; bytes that are not UTF-8 come out as replacement characters. */
  readonly path: string;
  readonly isUtf8: boolean;
  /** Added, modified, deleted, or another type of entry than before. */
  readonly status: 'A' | 'M' | 'D' | 'T';
  /** Octal, `000000` where there is none. */
  readonly oldMode: string;
  readonly mode: string;
  readonly oldSha: string;
  readonly sha: string;
  /** Bytes of the new content; 0 when there is none. */
  readonly size: number;
  readonly isBinary: boolean;
  /** The git filter that the attributes of the path name and that the new content has not been through. */
  readonly filterNotRun: string | null;
  /** Secrets in the new content, or in the path, that the old did not have. */
  readonly secrets: readonly SecretFact[];
  /** What it does to what installing runs and brings in. */
  readonly installs: readonly InstallFact[];
}

/** One commit of the line from base to tip. */
export interface LineCommit {
  readonly sha: string;
  readonly tree: string;
  /** First line of the message; untrusted text. */
  readonly subject: string;
}

/** Everything the gate judges by. */
export interface GateFacts {
  readonly baseSha: string;
  readonly tipSha: string;
  /** Whether the base is an ancestor of the tip. */
  readonly isOnBase: boolean;
  /** All commits that the base does not have, those behind merges included. */
  readonly commits: number;
  /** From base to tip along first parents; a single one when that way does not lead to the base. */
  readonly line: readonly LineCommit[];
  /** What differs between base and tip. */
  readonly net: readonly Change[];
  /** What differs between each two neighbours of the line; empty when there is one commit. */
  readonly steps: readonly Change[];
  /** More differs than was listed: the rest was not looked at. */
  readonly isCut: boolean;
  /** So it is with the steps. */
  readonly isHistoryCut: boolean;
  /** Bytes of the patch from base to tip. */
  readonly patchBytes: number;
  /** Folded path → other spellings of it in the tip, for the paths that were added and the folders they are in. */
  readonly spellings: ReadonlyMap<string, readonly string[]>;
}

/** What else the gate judges by: where the text came from that the agent read. */
export interface GateContext {
  /** Logins of those who may not write and whose text it read; null when nobody looked. */
  readonly outsiders: readonly string[] | null;
}

export interface GatePolicy {
  readonly maxCommits: number;
  readonly maxFiles: number;
  readonly maxPatchBytes: number;
  readonly maxBinaryBytes: number;
  readonly maxPathLength: number;
  readonly push: PushRule;
  /** What the repository's file lets through although it looks like a secret: paths, or `sha256:` and the start of the hash of a value. */
  readonly secretsAllowed: readonly string[];
  /** Patterns of the repository's file, blocked in addition to the built-in list. */
  readonly protectedPaths: readonly string[];
}

/** The part of the policy that an operator can set. */
export type GateLimits = Omit<GatePolicy, 'protectedPaths' | 'push' | 'secretsAllowed'>;

export const GATE_LIMITS = {
  maxCommits: 50,
  maxFiles: 100,
  maxPatchBytes: 4 * 1024 * 1024,
  maxBinaryBytes: 512 * 1024,
  maxPathLength: 240,
} as const satisfies GateLimits;
