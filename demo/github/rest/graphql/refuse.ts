import { ok, type Reply } from '../../http/exchange.ts';

/** GraphQL says 200 also to what it does not do. */
export function refuse(type: string | undefined, message: string): Reply {
  return ok({ data: null, errors: [{ ...(type === undefined ? {} : { type }), message }] });
}

export function noSuchNode(id: unknown): Reply {
  return refuse('NOT_FOUND', `Could not resolve to a node with the global id of '${String(id)}'`);
}
