import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeOpenApi, OPERATIONS } from '../../app/dashboard/api/openapi.ts';

const routes = readFileSync(new URL('../../app/dashboard/api/api-routes.ts', import.meta.url), 'utf8');

test('every route of the API is described, and nothing else', () => {
  const served = [...routes.matchAll(/app\.(get|post)\('\/api\/v1(\/[^']*)'/g)]
    .map(([, method, path = '']) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    .filter((route) => route !== 'get /openapi.json');
  expect(OPERATIONS.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(served.toSorted());
});

test('the description is one of OpenAPI 3.1 without references that lead nowhere', () => {
  const document = makeOpenApi('1.2.3');
  expect(document).toMatchObject({
    openapi: '3.1.0',
    info: { version: '1.2.3' },
    paths: {
      '/tasks': {
        get: {
          operationId: 'listTasks',
          parameters: expect.arrayContaining([
            expect.objectContaining({ name: 'cursor', in: 'query', required: false }),
          ]),
        },
      },
      '/tasks/{id}/actions': {
        post: {
          requestBody: {
            content: { 'application/json': { schema: { required: ['action'], additionalProperties: false } } },
          },
        },
      },
    },
  });
  expect(JSON.stringify(document)).not.toContain('$ref');
});
