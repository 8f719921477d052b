import { schema, validate } from '@octokit/graphql-schema';
import { describe, expect, test } from 'vitest';
import {
  ADD_REPLY,
  BRANCH_PROTECTION,
  ENABLE_AUTO_MERGE,
  MINIMIZE_COMMENT,
  RESOLVE_THREAD,
  REVIEW_THREADS,
} from '../../app/github/graphql.ts';
import { CLASSIFIERS } from '../../demo/github/rest/graphql/minimize-comment.ts';
import { OPERATIONS } from '../../demo/github/rest/graphql-routes.ts';
import { connectApp } from './connect-app.ts';
import { startApi } from './start-api.ts';
import type { Api, Reply } from './start-api.ts';

const REPOSITORY = { id: 7, owner: 'octo', name: 'demo' };

interface PublishedType {
  readonly name: string;
  readonly enumValues: readonly { readonly name: string }[] | null;
  readonly inputFields: readonly { readonly name: string }[] | null;
}

function published(name: string): PublishedType | undefined {
  const { __schema: described } = schema.json as { __schema: { types: readonly PublishedType[] } };
  return described.types.find((type) => type.name === name);
}

describe('the published schema of GitHub', () => {
  test.each([
    ['MinimizeComment', MINIMIZE_COMMENT],
    ['BranchProtection', BRANCH_PROTECTION],
    ['ReviewThreads', REVIEW_THREADS],
    ['AddReply', ADD_REPLY],
    ['ResolveThread', RESOLVE_THREAD],
    ['EnableAutoMerge', ENABLE_AUTO_MERGE],
  ])('allows what Bosun sends as %s, and the local GitHub answers it', (name, document) => {
    expect(validate(document)).toEqual([]);
    expect(document).toMatch(new RegExp(`^(query|mutation) ${name}\\(`));
    expect(Object.keys(OPERATIONS)).toContain(name);
  });

  test('refuses a field that it does not have', () => {
    expect(validate(MINIMIZE_COMMENT.replace('isMinimized', 'isFolded'))).not.toEqual([]);
  });

  test('is what the local GitHub checks requests by', () => {
    for (const { fields, input } of Object.values(OPERATIONS).filter((one) => one.input !== undefined)) {
      const type = published(input ?? '');
      expect(type?.inputFields?.map(({ name }) => name).toSorted()).toEqual([...fields].toSorted());
    }
    const classifiers = published('ReportedContentClassifiers');
    expect(classifiers?.enumValues?.map(({ name }) => name).toSorted()).toEqual(CLASSIFIERS.toSorted());
  });
});

describe('minimizing a comment', () => {
  /** GitHub with comment 5, which answers GraphQL as given. */
  function startGraphql(answer: Reply): Promise<Api> {
    return startApi(({ path }) => {
      if (path === '/graphql') {
        return answer;
      }
      return path === '/repos/octo/demo/issues/comments/5' ? { body: { id: 5, node_id: 'IC_5' } } : undefined;
    });
  }

  test('names it by the id that GraphQL knows, at the address of github.com', async () => {
    await using api = await startGraphql({ body: { data: {} } });
    expect(await connectApp(api).installation(42).minimizeComment(REPOSITORY, { id: 5 })).toEqual({
      ok: true,
      value: undefined,
    });
    const sent = api.seen.find(({ path }) => path === '/graphql');
    expect(sent?.body).toEqual({
      query: MINIMIZE_COMMENT,
      variables: { input: { subjectId: 'IC_5', classifier: 'OUTDATED' } },
    });
  });

  test.each([
    ['NOT_FOUND', 'not_found'],
    ['FORBIDDEN', 'forbidden'],
    ['RATE_LIMITED', 'limited'],
    ['UNPROCESSABLE', 'invalid'],
    [undefined, 'invalid'],
  ])('an error of type %s is a problem of kind %s, although GitHub answers 200', async (type, kind) => {
    await using api = await startGraphql({ body: { data: null, errors: [{ type, message: 'No\nway' }] } });
    expect(await connectApp(api).installation(42).minimizeComment(REPOSITORY, { id: 5 })).toMatchObject({
      ok: false,
      problem: { kind, message: 'No way' },
    });
  });

  test('spends nothing of the limit of the REST API', async () => {
    const quota = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 3_600) };
    const headers = { ...quota, 'x-ratelimit-resource': 'graphql' };
    await using api = await startGraphql({ body: { data: {} }, headers });
    const github = connectApp(api).installation(42);
    expect((await github.minimizeComment(REPOSITORY, { id: 5 })).ok).toBe(true);
    expect((await github.minimizeComment(REPOSITORY, { id: 5 })).ok).toBe(true);
  });
});
