import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../task/clock.ts';
import type { Actor } from '../../task/task.ts';
import type { Sealer } from './sealed.ts';

export const SESSION_MS = 8 * 3_600_000;
const SIGN_IN_MS = 10 * 60_000;

/** Somebody who signed in. Their rights are asked from GitHub again and again; this says only who they are. */
export interface Session {
  readonly id: string;
  readonly person: Actor;
  readonly until: number;
}

/** Somebody on the way to GitHub and back, bound to the browser they left with. */
export interface PendingSignIn {
  readonly state: string;
  readonly verifier: string;
  /** Where they wanted to go: a path of this server. */
  readonly returnTo: string;
  readonly until: number;
}

const SessionValue = z.object({
  id: z.string(),
  person: z.object({ id: z.number(), login: z.string() }),
  until: z.number(),
});
const PendingValue = z.object({ state: z.string(), verifier: z.string(), returnTo: z.string(), until: z.number() });

export interface Sessions {
  /** A new session under a new id, so that one planted before the sign-in is worth nothing. */
  begin(person: Actor): { readonly session: Session; readonly cookie: string };
  read(cookie: string | undefined): Session | null;
  beginSignIn(returnTo: string): { readonly pending: PendingSignIn; readonly cookie: string };
  readSignIn(cookie: string | undefined): PendingSignIn | null;
}

export function createSessions({ clock, sealer }: { readonly clock: Clock; readonly sealer: Sealer }): Sessions {
  function now(): number {
    return clock.now().getTime();
  }
  function open<T extends { readonly until: number }>(
    purpose: string,
    cookie: string | undefined,
    schema: z.ZodType<T>,
  ): T | null {
    const read = schema.safeParse(cookie === undefined ? null : sealer.open(purpose, cookie));
    return read.success && read.data.until > now() ? read.data : null;
  }
  return {
    begin(person) {
      const session = { id: randomBytes(18).toString('base64url'), person, until: now() + SESSION_MS };
      return { session, cookie: sealer.seal('session', session) };
    },
    read: (cookie) => open('session', cookie, SessionValue),
    beginSignIn(returnTo) {
      const pending = {
        state: randomBytes(24).toString('base64url'),
        verifier: randomBytes(32).toString('base64url'),
        returnTo: localPath(returnTo),
        until: now() + SIGN_IN_MS,
      };
      return { pending, cookie: sealer.seal('sign-in', pending) };
    },
    readSignIn: (cookie) => open('sign-in', cookie, PendingValue),
  };
}

/** A path of this server, or `/`: whoever makes up an address must not lead people elsewhere after they signed in. */
export function localPath(text: string): string {
  const isLocal = /^\/(?![/\\])[^\s\\\p{C}]{0,1000}$/u.test(text);
  return isLocal && new URL(text, 'http://here.invalid').origin === 'http://here.invalid' ? text : '/';
}
