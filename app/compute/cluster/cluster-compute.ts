import { AnyJob, type RemoteDoor } from '../../../protocol/index.ts';
import type { Compute, SessionFacts, SessionRef, StartRequest, StartResult } from '../compute.ts';
import type { ComputeLog } from '../session/launch.ts';
import { listSessions, removeDirectory, sessionDirectory } from '../session/session-directory.ts';
import type { ArchiveEnvironments } from './archive-environments.ts';
import { INSIDE_CLUSTER, type ClusterPlatform, type FollowedSession } from './cluster-platform.ts';
import type { RemoteSessions } from './remote-sessions.ts';

/** Beyond the session's own clock: for the platform to start it, and for the worker to wind up. */
const DEADLINE_RESERVE_MS = 15 * 60_000;

export interface ClusterComputeOptions {
  readonly name: Compute['name'];
  readonly platform: ClusterPlatform;
  /** Where sessions keep what waits for them at the door. */
  readonly directory: string;
  readonly sessions: RemoteSessions;
  readonly environments: ArchiveEnvironments;
  readonly door: RemoteDoor;
  readonly imageFor: (name: string | null) => string;
  readonly log: ComputeLog;
}

/**
 * Workers on other machines, which a platform starts. They get their job from the door, continue when this process ends,
 * and are found again by what the platform knows of them.
 */
export function createClusterCompute(options: ClusterComputeOptions): Compute {
  const { directory: root, environments, log, platform, sessions } = options;
  const followed = new Map<string, FollowedSession>();
  const starting = new Map<string, Promise<StartResult>>();

  async function start(request: StartRequest): Promise<StartResult> {
    const { key } = sessionDirectory(root, request.session);
    const known = starting.get(key);
    if (known !== undefined) {
      return known;
    }
    const begun = begin(request).finally(() => starting.delete(key));
    starting.set(key, begun);
    return begun;
  }

  async function begin(request: StartRequest): Promise<StartResult> {
    const { session } = request;
    try {
      if ((await find(session)) !== null) {
        return { started: true };
      }
      await platform.remove(session);
      await forget(session);
      const launch = await platform.launch({
        session,
        kind: request.job.kind ?? 'work',
        ticket: { door: options.door, code: await offer(request) },
        image: options.imageFor(request.image ?? null),
        limits: request.limits,
        deadlineMs: request.job.timeoutMs + DEADLINE_RESERVE_MS,
      });
      if (launch.started) {
        hold(session, launch.follow);
        return { started: true };
      }
      await platform.remove(session);
      return await refuse(session, launch);
    } catch (error) {
      return refuse(session, platform.explain(error));
    }
  }

  async function offer({ environment = null, job, session }: StartRequest): Promise<string> {
    if (environment !== null) {
      await sessions.lend(session, environments.pathOf(environment));
    }
    const carries = job.kind === 'prepare' ? ('send' as const) : ('fetch' as const);
    return sessions.offer(
      session,
      AnyJob.parse({
        ...job,
        workDir: INSIDE_CLUSTER.work,
        ...(job.kind === 'prepare' || environment !== null ? { carriesEnvironment: carries } : {}),
        // A free port: the worker may share its network with others
        door: { url: 'http://127.0.0.1:0', remote: options.door, token: job.door.token },
      }),
    );
  }

  async function refuse(session: SessionRef, refusal: Extract<StartResult, { started: false }>): Promise<StartResult> {
    await forget(session);
    log.warn('compute: the worker did not start', { ...session, reason: refusal.reason });
    return refusal;
  }

  /** Removes what waits at the door for a session. */
  async function forget(session: SessionRef): Promise<void> {
    await sessions.withdraw(session);
    await removeDirectory(sessionDirectory(root, session));
  }

  function hold(session: SessionRef, follow: FollowedSession): FollowedSession {
    followed.set(sessionDirectory(root, session).key, follow);
    follow.ended.catch((error: unknown) =>
      log.warn('compute: the end of a session was not seen', { error, ...session }),
    );
    return follow;
  }

  /** The session, followed from now on if an earlier process started it; null when there is none. */
  async function find(session: SessionRef): Promise<FollowedSession | null> {
    const { key } = sessionDirectory(root, session);
    const known = followed.get(key) ?? null;
    const found = known ?? (await platform.find(session));
    return followed.get(key) ?? (found === null ? null : hold(session, found));
  }

  async function probe(session: SessionRef): Promise<SessionFacts> {
    const follow = await find(session);
    return follow === null ? { kind: 'unknown' } : (follow.facts() ?? { kind: 'running' });
  }

  async function ended(session: SessionRef): Promise<SessionFacts> {
    await starting.get(sessionDirectory(root, session).key);
    return (await find(session))?.ended ?? { kind: 'unknown' };
  }

  async function stop(session: SessionRef, { graceMs }: { graceMs: number }): Promise<SessionFacts> {
    await starting.get(sessionDirectory(root, session).key);
    await sessions.withdraw(session);
    const follow = await find(session);
    if (follow === null) {
      await platform.remove(session);
      return { kind: 'unknown' };
    }
    return follow.facts() ?? follow.stop(graceMs);
  }

  async function clean(session: SessionRef): Promise<void> {
    const { key } = sessionDirectory(root, session);
    if ((await probe(session)).kind === 'running') {
      throw new Error(`session ${key} is still running; stop it before it is cleaned`);
    }
    await platform.remove(session);
    await forget(session);
    followed.delete(key);
  }

  /** What the platform has, and directories of which it has nothing any more. */
  async function list(): Promise<SessionRef[]> {
    const found = [...(await platform.list()), ...(await listSessions(root))];
    const byKey = new Map(found.map((session) => [`${session.taskId}-${session.epoch}`, session]));
    return [...byKey.values()];
  }

  return {
    name: options.name,
    traits: { survivesRestart: true, toolsFrom: 'image' },
    start,
    probe,
    ended,
    stop,
    clean,
    list,
    environments,
  };
}
