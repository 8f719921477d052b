import type { Compute, SessionRef, StartRequest, StartResult } from '../compute.ts';
import type { EnvironmentDirectories } from '../environments/environment-directory.ts';
import { removeJobFile } from './job-file.ts';
import { killMembers } from './kill-members.ts';
import type { ComputeLog, Launcher } from './launch.ts';
import { endsWithin, probeOrphan, stopOrphan, waitForOrphan } from './orphaned-session.ts';
import { claimDirectory, listSessions, readSessionRecord, removeDirectory } from './session-directory.ts';
import { sessionDirectory, type SessionDirectory } from './session-directory.ts';
import { startSession, type OwnSession } from './start-session.ts';

/**
 * The compute port over processes of this machine. Sessions this process started are waited for; sessions it finds on
 * disk (an earlier process died) are looked at through their record and their processes, and can be stopped and cleaned.
 */
export function createSessionCompute(
  launcher: Launcher,
  options: { directory: string; directories: EnvironmentDirectories; log: ComputeLog },
): Omit<Compute, 'environments'> {
  const own = new Map<string, OwnSession>();
  const starting = new Map<string, Promise<StartResult>>();
  const { directories, directory: root, log } = options;

  async function begin(directory: SessionDirectory, request: StartRequest): Promise<StartResult> {
    if (!(await claimDirectory(directory))) {
      if (own.has(directory.key) || (await readSessionRecord(directory)) !== null) {
        return { started: true };
      }
      // A start that was cut off before it was recorded: what it left is ended, and it begins again.
      await killMembers({ leader: null, directory: directory.path });
      await removeDirectory(directory);
      await claimDirectory(directory);
    }
    const onStarted = (session: OwnSession): void => void own.set(directory.key, session);
    return startSession(directory, request, { launcher, directories, log, onStarted });
  }

  const compute: Omit<Compute, 'environments'> = {
    name: launcher.name,
    // They are children of this process: their end and their output could not be seen by another.
    traits: { survivesRestart: false, toolsFrom: 'host' },

    async start(request) {
      const directory = sessionDirectory(root, request.session);
      const begun =
        starting.get(directory.key) ?? begin(directory, request).finally(() => starting.delete(directory.key));
      starting.set(directory.key, begun);
      return begun;
    },

    async probe(session) {
      const directory = sessionDirectory(root, session);
      const mine = own.get(directory.key);
      if (mine === undefined) {
        return probeOrphan(directory);
      }
      return mine.exit === null ? { kind: 'running' } : { kind: 'exited', ...mine.exit };
    },

    async ended(session) {
      const directory = sessionDirectory(root, session);
      return own.get(directory.key)?.recorded ?? waitForOrphan(directory);
    },

    async stop(session, { graceMs }) {
      const directory = sessionDirectory(root, session);
      await starting.get(directory.key);
      const mine = own.get(directory.key);
      if (mine === undefined) {
        const onAlive = (): void =>
          log.warn('compute: stopping a worker that an earlier process left behind', { ...session });
        return stopOrphan(directory, { graceMs, onAlive });
      }
      if (mine.exit === null) {
        mine.live.terminate();
        if (!(await endsWithin(mine.recorded, graceMs))) {
          await mine.live.kill();
        }
      }
      return mine.recorded;
    },

    async clean(session: SessionRef) {
      const directory = sessionDirectory(root, session);
      const facts = await compute.probe(session);
      if (facts.kind === 'running') {
        throw new Error(`session ${directory.key} is still running; stop it before it is cleaned`);
      }
      await own.get(directory.key)?.recorded;
      await removeJobFile(directory);
      await removeDirectory(directory);
      own.delete(directory.key);
    },

    list: () => listSessions(root),
  };
  return compute;
}
