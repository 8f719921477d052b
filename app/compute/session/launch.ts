import type { Job } from '../../../protocol/index.ts';
import type { StartRequest } from '../compute.ts';
import type { ControlGroup } from './control-groups.ts';
import type { EnvironmentDirectory } from '../environments/environment-directory.ts';
import type { JobFile } from './job-file.ts';
import type { SessionDirectory } from './session-directory.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A program to start for a session, and how it is found and judged afterwards. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** User the program itself is started as; the same as this process when absent. */
  readonly owner: Owner | null;
  /** The program reports on descriptor 3 in the manner of `bwrap --json-status-fd`. */
  readonly reportsStatus: boolean;
  /** Written to descriptor 4, each ended by a zero byte, in the manner of `bwrap --args`. */
  readonly options: readonly string[] | null;
  /** A file that the program reads from descriptor 5, and that is removed once it has begun. */
  readonly input: string | null;
  /** A filter for system calls, written to descriptor 6, in the manner of `bwrap --seccomp`; null without one. */
  readonly filter: Buffer | null;
  /** Counts and limits everything of the session, where this machine has such; null without. */
  readonly group: ControlGroup | null;
  /** Directory inside that lies in memory and has a size of its own. */
  readonly workInMemory: string | null;
  /** What it writes to disk is below this directory, and is watched; null when it writes to memory alone. */
  readonly diskDirectory: string | null;
}

export type Prepared =
  | { readonly ready: true; readonly launch: Launch }
  | { readonly ready: false; readonly reason: string; readonly remedy: string };

/** What differs between one place to run a worker and another. */
export interface Launcher {
  readonly name: 'sandbox' | 'process';
  /** User that the worker runs as, for the files it must own, until it is released; null for the user of this process. */
  readonly reserveOwner: () => { readonly owner: Owner; readonly release: () => void } | null;
  /** The fields of the job that only this place knows. */
  readonly place: (directory: SessionDirectory) => Pick<Job, 'workDir'> & { door: Omit<Job['door'], 'token'> };
  readonly prepare: (
    directory: SessionDirectory,
    given: {
      owner: Owner | null;
      jobFile: JobFile;
      limits: StartRequest['limits'];
      /** Directory of the environment it starts from. */
      environment: EnvironmentDirectory | null;
      /** Whether checkout and home are kept on disk. */
      space: 'memory' | 'disk' | 'kept';
    },
  ) => Promise<Prepared>;
  /** Why it did not start and what to do, from what the launcher printed. */
  readonly explain: (output: string) => { reason: string; remedy: string };
}

/** Structured log: a static message, then what varies. */
export interface ComputeLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
