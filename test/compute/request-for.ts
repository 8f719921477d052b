import { randomBytes } from 'node:crypto';
import type { SessionRef, StartRequest } from '../../app/compute/compute.ts';

export const FIXTURE_ENTRY = new URL('../fixture/programs/play.mjs', import.meta.url).pathname;

export const MEBIBYTE = 1024 * 1024;
export const LIMITS: StartRequest['limits'] = {
  memoryBytes: 1024 * MEBIBYTE,
  processes: 128,
  fileBytes: 256 * MEBIBYTE,
  outputBytes: 32 * 1024,
  diskBytes: 512 * MEBIBYTE,
};

/** A start whose worker plays a fixture program. */
export function requestFor(
  session: SessionRef,
  { name, args, limits }: { name: string; args: object; limits: Partial<StartRequest['limits']> },
): StartRequest {
  return {
    session,
    limits: { ...LIMITS, ...limits },
    job: {
      version: 1,
      ...session,
      door: { token: randomBytes(32).toString('hex') },
      git: { startBranch: 'main', startSha: 'a'.repeat(40), workBranch: 'work', authorName: 'a', authorEmail: 'a@b.c' },
      agent: { kind: 'builtin' },
      model: 'none',
      maxTurns: 1,
      prompt: { system: JSON.stringify(args), user: name },
      timeoutMs: 60_000,
      heartbeatMs: 1_000,
    },
  };
}
