import { signatureRulesFor } from '../actions/branch-rules.ts';
import { canSee, checkAccess } from '../auth/access.ts';
import { listRefs } from '../git/refs.ts';
import { ok, type Exchange, type Reply } from '../http/exchange.ts';
import { RestError } from '../http/rest-error.ts';
import type { Route } from '../http/route.ts';
import { nodeId } from '../json/user-json.ts';
import { findRepository } from '../state/find.ts';
import type { Comment } from '../state/world.ts';

/** Fields of `MinimizeCommentInput` and values of `ReportedContentClassifiers`; a test compares them with the published schema. */
export const INPUT_FIELDS = ['subjectId', 'classifier', 'clientMutationId'];
export const CLASSIFIERS = ['SPAM', 'ABUSE', 'OFF_TOPIC', 'OUTDATED', 'DUPLICATE', 'RESOLVED'];

const WRITE = { permissions: ['issues:write', 'pull_requests:write'], role: 'write' as const };

/** GraphQL for what REST has no counterpart of: one mutation and one query; everything else is 501. */
export function graphqlRoutes(): Route[] {
  return [{ method: 'POST', path: '/graphql', need: 'token', handle: answer }];
}

async function answer(exchange: Exchange): Promise<Reply> {
  const { query = '', variables = {} } = exchange.body as { query?: string; variables?: Record<string, string> };
  if (
    /^query \w+\(\$owner: String!, \$name: String!, \$ref: String!\) \{/.test(query) &&
    query.includes('refUpdateRule')
  ) {
    return showProtection(exchange, variables);
  }
  checkAccess(exchange.caller, WRITE, undefined);
  return minimizeComment(exchange);
}

/** What the protection of a branch that exists asks of those who push to it; rulesets are not among it. */
async function showProtection(
  { caller, world }: Exchange,
  { name = '', owner = '', ref = '' }: Record<string, string>,
): Promise<Reply> {
  const repository = findRepository(world, owner, name);
  if (repository === undefined || !canSee(caller, repository)) {
    return refuse('NOT_FOUND', `Could not resolve to a Repository with the name '${owner}/${name}'.`);
  }
  const isThere = (await listRefs(repository.dir)).has(ref);
  const isProtected = signatureRulesFor(repository, ref).some(({ kind }) => kind === 'protection');
  const refUpdateRule = isProtected ? { requiresSignatures: true } : null;
  return ok({ data: { repository: { ref: isThere ? { refUpdateRule } : null } } });
}

interface Body {
  readonly query?: string;
  readonly variables?: { readonly input?: Readonly<Record<string, unknown>> };
}

function minimizeComment(exchange: Exchange): Reply {
  const { query = '', variables } = exchange.body as Body;
  if (!/^mutation \w+\(\$input: MinimizeCommentInput!\) \{\s*minimizeComment\(input: \$input\) \{/.test(query)) {
    throw new RestError(
      501,
      'The local GitHub has no GraphQL but the mutation minimizeComment and the protection of a branch.',
    );
  }
  const input = variables?.input ?? {};
  const unknown = Object.keys(input).find((name) => !INPUT_FIELDS.includes(name));
  const { classifier, subjectId } = input;
  if (unknown !== undefined || typeof classifier !== 'string' || !CLASSIFIERS.includes(classifier)) {
    return refuse(undefined, 'Variable $input of type MinimizeCommentInput! was provided invalid value');
  }
  const comment = findComment(exchange, subjectId);
  if (comment === undefined) {
    return refuse('NOT_FOUND', `Could not resolve to a node with the global id of '${String(subjectId)}'`);
  }
  comment.minimizedAs = classifier;
  return ok({ data: { minimizeComment: { minimizedComment: { isMinimized: true } } } });
}

/** GraphQL says 200 also to what it does not do. */
function refuse(type: string | undefined, message: string): Reply {
  return ok({ data: null, errors: [{ ...(type === undefined ? {} : { type }), message }] });
}

function findComment({ caller, world }: Exchange, id: unknown): Comment | undefined {
  return [...world.repositories.values()]
    .filter((repository) => canSee(caller, repository))
    .flatMap((repository) => [...repository.issues.values()].flatMap((issue) => [...issue.comments.values()]))
    .find((comment) => nodeId('IssueComment', comment.id) === id);
}
