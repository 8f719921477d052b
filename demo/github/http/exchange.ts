import { notFound } from './rest-error.ts';
import type { Actor, Repository, Token, World } from '../state/world.ts';

/** Who asks. `app` is the app itself with a JSON Web Token. */
export type Caller = { kind: 'anonymous' } | { kind: 'app' } | { kind: 'token'; token: Token };

/** What a handler is given: one parsed and authenticated request. */
export interface Exchange {
  world: World;
  method: string;
  /** Path without `/api/v3` and query. */
  path: string;
  /** The base address the client used: with or without `/api/v3`. Links to further pages keep to it. */
  base: string;
  params: Record<string, string>;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  /** Parsed JSON body; an empty object when there is none. */
  body: Record<string, unknown>;
  caller: Caller;
  /** Present when the path names a repository that the caller may see. */
  repository: Repository | undefined;
}

export interface Reply {
  status: number;
  /** An object is written as JSON, a string or a Buffer as it is, undefined as no body. */
  body?: unknown;
  headers?: Record<string, string>;
}

export function ok(body: unknown, headers: Record<string, string> = {}): Reply {
  return { status: 200, body, headers };
}

export function created(body: { url?: unknown }): Reply {
  return { status: 201, body, headers: typeof body.url === 'string' ? { location: body.url } : {} };
}

export function noContent(): Reply {
  return { status: 204 };
}

/** The repository of a route whose path holds `{owner}/{repo}`. */
export function repositoryOf(exchange: Exchange): Repository {
  if (!exchange.repository) {
    throw notFound();
  }
  return exchange.repository;
}

/** The person or bot in whose name the request writes. */
export function actorOf(exchange: Exchange): Actor {
  if (exchange.caller.kind !== 'token') {
    throw notFound();
  }
  const { token } = exchange.caller;
  return { user: token.user, viaApp: token.kind === 'installation' };
}

export function param(exchange: Exchange, name: string): string {
  return exchange.params[name] ?? '';
}

/** A string field of the body, or undefined when it is absent or null. */
export function textField(exchange: Exchange, name: string): string | undefined {
  const value = exchange.body[name];
  return typeof value === 'string' ? value : undefined;
}

/** How logs and limits call a caller. */
export function callerLabel(world: World, caller: Caller): string {
  if (caller.kind === 'token') {
    return caller.token.user.login;
  }
  return caller.kind === 'app' ? `app/${world.app.slug}` : 'anonymous';
}
