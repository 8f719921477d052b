import type { Role } from '../state/world.ts';
import type { Exchange, Reply } from './exchange.ts';

/**
 * What a caller needs:
 * - `open`: nothing; `app`: the app's JSON Web Token; `token`: any valid token;
 * - permissions such as `issues:write`, any one of which is enough for an app's token. A person needs `role`
 *   (default: `read` for reading, `write` for writing).
 */
export type Need = 'open' | 'app' | 'token' | { permissions: readonly string[]; role?: Role };

export interface Route {
  method: string;
  /** The path template exactly as in GitHub's OpenAPI description. */
  path: string;
  need: Need;
  handle: (exchange: Exchange) => Promise<Reply> | Reply;
}

export interface Match {
  route: Route;
  params: Record<string, string>;
}

export type Router = (method: string, path: string) => Match | { allowed: string[] } | undefined;

/** Parameters that may hold slashes, which clients send either raw or as `%2F`. */
const GREEDY = new Set(['ref', 'path', 'branch', 'basehead']);

/** Looks routes up in the order given: a longer path has to come before one with a greedy parameter. */
export function createRouter(routes: readonly Route[]): Router {
  const compiled = routes.map((route) => ({ route, ...compile(route.path) }));
  return function find(method, path) {
    const allowed: string[] = [];
    for (const { route, pattern, names } of compiled) {
      const hit = pattern.exec(path);
      if (!hit) {
        continue;
      }
      if (route.method === method) {
        const params = Object.fromEntries(names.map((name, index) => [name, decode(hit[index + 1] ?? '')]));
        return { route, params };
      }
      allowed.push(route.method);
    }
    return allowed.length > 0 ? { allowed } : undefined;
  };
}

function compile(template: string): { pattern: RegExp; names: string[] } {
  const names: string[] = [];
  const source = template.replaceAll(/\{(\w+)\}|[^{}]+/g, (part: string, name: string | undefined) => {
    if (name === undefined) {
      return part.replaceAll('.', '\\.');
    }
    names.push(name);
    return GREEDY.has(name) ? '(.+)' : '([^/]+)';
  });
  return { pattern: new RegExp(`^${source}$`), names };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign is part of the name then, as GitHub treats it.
    return text;
  }
}
