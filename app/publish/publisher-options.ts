import type { AttemptRepositories } from '../git/attempt-repository.ts';
import type { Mirrors } from '../git/mirror.ts';
import type { GitHub } from '../github/github.ts';
import type { Artifacts } from '../store/artifacts.ts';
import type { TaskStore } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';
import type { Actor, Task } from '../task/task.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { GateLimits } from './gate/gate-facts.ts';
import type { CommitIdentity } from './commits/rebuild-commits.ts';
import type { FindSecrets, SearchFiles } from './inspect/complete-changes.ts';
import type { WorkGit } from './work-git.ts';

/**
 * Markdown of an agent as people may see it: no mentions but the one allowed, no images, links to the server alone, no
 * references but the one allowed, no closing keywords, nothing hidden.
 */
export type CleanOutput = (
  text: string,
  allowed: {
    readonly mention: Actor;
    readonly issue?: number;
    readonly serverUrl: string;
    readonly maxLength: number;
  },
) => string | Promise<string>;

export interface PublisherIdentity extends CommitIdentity {
  /** The App's id, by which its own pull requests are known; null where a workflow's token publishes. */
  readonly appId: number | null;
}

export interface PublisherOptions {
  readonly github: (installationId: number) => GitHub;
  readonly attempts: Pick<AttemptRepositories, 'find'>;
  readonly mirrors: Pick<Mirrors, 'branchSha' | 'listFolders' | 'readFile'>;
  readonly artifacts: Pick<Artifacts, 'put'>;
  readonly tasks: Pick<TaskStore, 'find' | 'record'>;
  readonly findSecrets: FindSecrets;
  /** The same for whole files, where it cannot hold up anything else; `findSecrets` when absent. */
  readonly searchFiles?: SearchFiles;
  readonly cleanOutput: CleanOutput;
  /** SHA-256 (hex) over the approved text, as admission made it. */
  readonly hashText: (text: Pick<Task['text'], 'title' | 'body' | 'request'>) => string;
  /** Key of the hidden lines by which a pull request and a comment of ours are known. */
  readonly markerKey: () => Promise<Uint8Array>;
  /** `https://github.com`, or where else git and pages are. */
  readonly serverUrl: string;
  readonly identity: PublisherIdentity;
  readonly clock: Clock;
  /** git itself when absent; replaced in simulation, where there are no real objects. */
  readonly git?: WorkGit;
  /** What the operator set instead of the usual limits of the gate. */
  readonly gateLimits?: Partial<GateLimits>;
  readonly tracer?: Tracer;
  /** Signal for tests and crash points: called before and after each act outside. */
  readonly onStep?: (step: string, taskId: string) => void | Promise<void>;
}
