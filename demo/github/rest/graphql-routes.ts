import { ok, type Exchange, type Reply } from '../http/exchange.ts';
import { RestError } from '../http/rest-error.ts';
import type { Route } from '../http/route.ts';
import { showProtection } from './graphql/branch-protection.ts';
import { minimizeComment } from './graphql/minimize-comment.ts';
import { addReply, enableAutoMerge, listThreads, resolve } from './graphql/review-threads.ts';

/** What the local GitHub answers: an operation by its name. The documents themselves are held to the published schema. */
export interface Operation {
  readonly kind: 'query' | 'mutation';
  /** Of the input of a mutation, or the variables of a query; a test compares those of inputs with the schema. */
  readonly fields: readonly string[];
  /** Name of the input type of a mutation. */
  readonly input?: string;
  readonly answer: (exchange: Exchange, variables: Readonly<Record<string, unknown>>) => Promise<Reply> | Reply;
}

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  MinimizeComment: {
    kind: 'mutation',
    input: 'MinimizeCommentInput',
    fields: ['subjectId', 'classifier', 'clientMutationId'],
    answer: minimizeComment,
  },
  BranchProtection: { kind: 'query', fields: ['owner', 'name', 'ref'], answer: showProtection },
  ReviewThreads: { kind: 'query', fields: ['owner', 'name', 'number', 'after'], answer: listThreads },
  AddReply: {
    kind: 'mutation',
    input: 'AddPullRequestReviewThreadReplyInput',
    fields: ['pullRequestReviewThreadId', 'pullRequestReviewId', 'body', 'clientMutationId'],
    answer: addReply,
  },
  ResolveThread: {
    kind: 'mutation',
    input: 'ResolveReviewThreadInput',
    fields: ['threadId', 'clientMutationId'],
    answer: resolve,
  },
  EnableAutoMerge: {
    kind: 'mutation',
    input: 'EnablePullRequestAutoMergeInput',
    fields: [
      'pullRequestId',
      'mergeMethod',
      'expectedHeadOid',
      'authorEmail',
      'commitBody',
      'commitHeadline',
      'clientMutationId',
    ],
    answer: enableAutoMerge,
  },
};

/** GraphQL for what REST has no counterpart of; everything else is 501. */
export function graphqlRoutes(): Route[] {
  return [{ method: 'POST', path: '/graphql', need: 'token', handle: answer }];
}

async function answer(exchange: Exchange): Promise<Reply> {
  const { query = '', variables = {} } = exchange.body as { query?: string; variables?: Record<string, unknown> };
  const [, kind, name = ''] = /^(query|mutation) (\w+)\(/.exec(query) ?? [];
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation === undefined || operation.kind !== kind) {
    throw new RestError(501, `The local GitHub has no GraphQL but ${Object.keys(OPERATIONS).join(', ')}.`);
  }
  const given = operation.input === undefined ? variables : ((variables['input'] ?? {}) as Record<string, unknown>);
  if (Object.keys(given).some((field) => !operation.fields.includes(field))) {
    const message = `Variable $input of type ${operation.input ?? 'String'}! was provided invalid value`;
    return ok({ data: null, errors: [{ message }] });
  }
  return operation.answer(exchange, given);
}
