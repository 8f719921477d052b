import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { DashboardConfig } from '../../config/dashboard-settings.ts';
import type { AccessStore } from '../../store/access.ts';
import type { Clock } from '../../task/clock.ts';
import { OPERATOR, type Actor } from '../../task/task.ts';
import { isEqual, type Sealer } from './sealed.ts';
import type { Sessions } from './session.ts';

/** Who asks. */
export interface Viewer {
  readonly actor: Actor;
  /** Sees and may do everything. */
  readonly isOperator: boolean;
  /** False for a token that may only read. */
  readonly mayAct: boolean;
  readonly by:
    | { readonly kind: 'local' }
    | { readonly kind: 'session'; readonly sessionId: string; readonly until: number }
    | { readonly kind: 'token'; readonly tokenId: string };
}

export type Identified =
  | { readonly kind: 'viewer'; readonly viewer: Viewer }
  | { readonly kind: 'nobody' }
  /** A credential that is worth nothing. */
  | { readonly kind: 'refused'; readonly why: string };

/** Names under which this machine reaches itself. Another name in a request is a page elsewhere whose name leads here. */
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip', 'x-forwarded-host', 'x-forwarded-proto'];
const TOKEN = /^Bearer +(bosun_[A-Za-z0-9_-]{40,80})$/i;

export interface IdentifyOptions {
  readonly config: Pick<DashboardConfig, 'mode' | 'admins'>;
  readonly sessions: Pick<Sessions, 'read'>;
  readonly access: Pick<AccessStore, 'findToken'>;
  readonly clock: Clock;
}

export async function identify(
  request: Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string | undefined } },
  cookie: string | undefined,
  options: IdentifyOptions,
): Promise<Identified> {
  const { access, clock, config, sessions } = options;
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [, secret] = TOKEN.exec(authorization) ?? [];
    const token = secret === undefined ? null : await access.findToken({ sha256: hashToken(secret), now: clock.now() });
    return token === null
      ? { kind: 'refused', why: 'The token is not valid: it was mistyped, has expired or was revoked.' }
      : {
          kind: 'viewer',
          viewer: {
            actor: token.owner,
            isOperator: isAdmin(token.owner, config),
            mayAct: token.scope === 'act',
            by: { kind: 'token', tokenId: token.id },
          },
        };
  }
  if (config.mode === 'local') {
    const isForwarded = FORWARDED.some((name) => request.headers[name] !== undefined);
    const isHere = /^(?:::1|(?:::ffff:)?127\.)/.test(request.socket.remoteAddress ?? '');
    return isHere && !isForwarded && LOCAL_HOST.test(request.headers.host ?? '')
      ? { kind: 'viewer', viewer: { actor: OPERATOR, isOperator: true, mayAct: true, by: { kind: 'local' } } }
      : { kind: 'refused', why: 'With BOSUN_DASHBOARD=local the dashboard answers only on the machine itself.' };
  }
  const session = sessions.read(cookie);
  return session === null
    ? { kind: 'nobody' }
    : {
        kind: 'viewer',
        viewer: {
          actor: session.person,
          isOperator: isAdmin(session.person, config),
          mayAct: true,
          by: { kind: 'session', sessionId: session.id, until: session.until },
        },
      };
}

function isAdmin(actor: Actor, { admins, mode }: Pick<DashboardConfig, 'mode' | 'admins'>): boolean {
  return (actor.id === OPERATOR.id && mode === 'local') || admins.includes(actor.login.toLowerCase());
}

export function hashToken(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** What a form has to bring so that it is one of ours: it follows from the session. */
export function formToken(viewer: Viewer, sealer: Sealer): string {
  return sealer.derive('form', viewer.by.kind === 'session' ? viewer.by.sessionId : viewer.by.kind);
}

/** Whether a write comes from a page of ours. A token in a header is never sent by itself, so it needs nothing else. */
export function isOurForm(
  viewer: Viewer,
  request: { readonly token: string; readonly origin: string | undefined; readonly host: string | undefined },
  { publicUrl, sealer }: { readonly sealer: Sealer; readonly publicUrl: string | null },
): boolean {
  if (viewer.by.kind === 'token') {
    return true;
  }
  const { host, origin, token } = request;
  const isSameOrigin =
    origin === undefined ||
    (URL.canParse(origin) &&
      (new URL(origin).host === host || (publicUrl !== null && new URL(origin).origin === new URL(publicUrl).origin)));
  return isSameOrigin && isEqual(token, formToken(viewer, sealer));
}
