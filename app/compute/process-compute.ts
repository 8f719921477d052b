import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Compute } from './compute.ts';
import { copyEnvironment } from './environments/copy-environment.ts';
import { createEnvironmentDirectories } from './environments/environment-directory.ts';
import { createProcessEnvironments } from './environments/process-environments.ts';
import type { ComputeLog, Owner } from './session/launch.ts';
import { createSessionCompute } from './session/session-compute.ts';
import { workerEnvironment } from './session/worker-environment.ts';

export interface ProcessComputeOptions {
  /** Where sessions keep their directories. */
  readonly directory: string;
  /** How the worker reaches the door: a URL on loopback, a Unix socket of less than 108 bytes, or a directory of such. */
  readonly door: { readonly url: string } | { readonly socketPath: string };
  /** `worker/main.ts`, or its bundle. */
  readonly workerEntry: string;
  readonly nodePath: string;
  /** Search path of the worker and its commands, after the directory of `nodePath`. */
  readonly path?: string;
  /** Unprivileged user to run as; needs root. It must be able to read `workerEntry` and `nodePath`. */
  readonly dropTo?: Owner;
  readonly log: ComputeLog;
}

/**
 * Workers as plain processes of this machine, with an empty environment but no walls: they can read what their user can
 * and reach the network. For development, and where the machine itself is thrown away afterwards.
 */
export function createProcessCompute(options: ProcessComputeOptions): Compute {
  const { door } = options;
  const directories = createEnvironmentDirectories(path.join(options.directory, '.environments'));
  const sessions = createSessionCompute(
    {
      name: 'process',
      reserveOwner: () => (options.dropTo === undefined ? null : { owner: options.dropTo, release: () => undefined }),
      place: (directory) => ({
        workDir: directory.work,
        // Port 0: the worker takes a free one, because it shares the network with everybody
        door: 'url' in door ? door : { url: 'http://127.0.0.1:0', socketPath: door.socketPath },
      }),
      prepare: async (directory, { environment, jobFile, limits, owner }) => {
        if (environment !== null) {
          const repository = path.join(directory.work, 'repository');
          await mkdir(repository, { mode: 0o700 });
          await copyEnvironment(environment, { repository, home: directory.home, owner });
        }
        return {
          ready: true,
          launch: {
            command: options.nodePath,
            args: [heapLimit(limits.memoryBytes), options.workerEntry, jobFile.path],
            env: workerEnvironment({
              path: [path.dirname(options.nodePath), options.path ?? '/usr/local/bin:/usr/bin:/bin'].join(':'),
              home: directory.home,
              temporary: directory.temporary,
              compileCache: path.join(options.directory, '.compile-cache'),
            }),
            cwd: directory.work,
            owner,
            reportsStatus: false,
            options: null,
            input: null,
            filter: null,
            group: null,
            workInMemory: null,
            diskDirectory: directory.path,
          },
        };
      },
      explain: (output) => ({
        reason: `The worker process could not be started: ${output.trim()}`,
        remedy: `Check that ${options.nodePath} and ${options.workerEntry} exist and may be read and run by the worker's user.`,
      }),
    },
    { ...options, directories },
  );
  return { ...sessions, environments: createProcessEnvironments({ directory: options.directory, directories }) };
}

/** The worker's own heap ends before the session's limit, with a message that says so. */
export function heapLimit(memoryBytes: number): string {
  return `--max-old-space-size=${Math.max(64, Math.floor((memoryBytes / 1024 / 1024) * 0.75))}`;
}
