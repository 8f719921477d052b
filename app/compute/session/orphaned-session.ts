import { setTimeout as pause } from 'node:timers/promises';
import type { SessionFacts } from '../compute.ts';
import { removeJobFile } from './job-file.ts';
import { findMembers, isLeaderAlive, killMembers, sendSignal } from './kill-members.ts';
import type { Membership } from './kill-members.ts';
import { directoryExists, readExitRecord, readSessionRecord } from './session-directory.ts';
import type { SessionDirectory } from './session-directory.ts';

/*
 * Sessions that this process did not start: an earlier one left them behind. What is known of them is their directory
 * and their processes.
 */

const POLL_MS = 200;

export async function probeOrphan(directory: SessionDirectory): Promise<SessionFacts> {
  const record = await readExitRecord(directory);
  if (record !== null) {
    return { kind: 'exited', ...record };
  }
  if (!(await directoryExists(directory))) {
    return { kind: 'unknown' };
  }
  const membership = await findMembership(directory);
  return isLeaderAlive(membership) || findMembers(membership).length > 0
    ? { kind: 'running' }
    : { kind: 'exited', exitCode: null, signal: null, outOfMemory: false, outputTail: '' };
}

/** Polls, because the system reports the end of a process only to its parent. */
export async function waitForOrphan(directory: SessionDirectory): Promise<SessionFacts> {
  for (;;) {
    const facts = await probeOrphan(directory);
    if (facts.kind !== 'running') {
      return facts;
    }
    await pause(POLL_MS);
  }
}

/** `onAlive` is called when its worker still runs. */
export async function stopOrphan(
  directory: SessionDirectory,
  { graceMs, onAlive }: { graceMs: number; onAlive: () => void },
): Promise<SessionFacts> {
  if (!(await directoryExists(directory))) {
    return { kind: 'unknown' };
  }
  const membership = await findMembership(directory);
  if (membership.leader !== null && isLeaderAlive(membership)) {
    onAlive();
    sendSignal(membership.leader.pid, 'SIGTERM');
    await endsWithin(waitForOrphan(directory), graceMs);
  }
  await killMembers(membership);
  await removeJobFile(directory);
  return probeOrphan(directory);
}

async function findMembership(directory: SessionDirectory): Promise<Membership> {
  return { leader: await readSessionRecord(directory), directory: directory.path };
}

/** Whether something ends before the grace is over. */
export async function endsWithin(ending: Promise<unknown>, graceMs: number): Promise<boolean> {
  const timeout = new AbortController();
  try {
    return await Promise.race([ending.then(() => true), pause(graceMs, false, { signal: timeout.signal })]);
  } finally {
    timeout.abort();
  }
}
