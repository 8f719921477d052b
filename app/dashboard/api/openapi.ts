import { z } from 'zod';
import { ListFilter } from '../list-filter.ts';
import {
  ActionAnswer,
  ActionRequest,
  EventList,
  EventsQuery,
  LogQuery,
  Problem,
  RepositoryList,
  TaskDetail,
  TaskList,
  UsageList,
  UsageQueryFields,
} from './schemas.ts';

export interface Operation {
  readonly method: 'get' | 'post';
  /** Below `/api/v1`, with parameters in braces. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Null is plain text. */
  readonly answer: z.ZodType | null;
  /** Statuses besides 200, 401 and 429. */
  readonly refusals: readonly number[];
}

/** Every operation of the API; the routes and its description are checked against each other. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/tasks',
    id: 'listTasks',
    summary: 'Lists tasks that you may see, a page at a time.',
    query: ListFilter,
    answer: TaskList,
    refusals: [400],
  },
  {
    method: 'get',
    path: '/tasks/{id}',
    id: 'getTask',
    summary: 'Everything about one task.',
    answer: TaskDetail,
    refusals: [404],
  },
  {
    method: 'get',
    path: '/tasks/{id}/events',
    id: 'listEvents',
    summary: 'What happened to a task, in order.',
    query: EventsQuery,
    answer: EventList,
    refusals: [400, 404],
  },
  {
    method: 'get',
    path: '/tasks/{id}/logs/{name}',
    id: 'getLog',
    summary: 'A log of a task, `agent`, `setup`, `verify` or `worker`, from a byte on.',
    query: LogQuery,
    answer: null,
    refusals: [400, 404],
  },
  {
    method: 'post',
    path: '/tasks/{id}/actions',
    id: 'actOnTask',
    summary: 'Cancels, pauses, resumes or retries a task, adds money to it or releases its work.',
    body: ActionRequest,
    answer: ActionAnswer,
    refusals: [400, 403, 404, 409, 415, 422],
  },
  {
    method: 'get',
    path: '/repositories',
    id: 'listRepositories',
    summary: 'The repositories with tasks that you may see.',
    answer: RepositoryList,
    refusals: [],
  },
  {
    method: 'get',
    path: '/usage',
    id: 'getUsage',
    summary: 'What tasks cost, summed up.',
    query: UsageQueryFields,
    answer: UsageList,
    refusals: [400],
  },
];

type Json = Readonly<Record<string, unknown>>;

/** The API as an OpenAPI 3.1 document, made from the schemas by which it reads and answers. */
export function makeOpenApi(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Bosun',
      version,
      description: 'What the dashboard shows and does. Make a token on its page `/tokens`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }],
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function describe({ answer, body, id, path, query, refusals, summary }: Operation): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const key = {
    name: 'idempotency-key',
    in: 'header',
    required: false,
    description: 'The same key within a day gets the same answer and does nothing again.',
    schema: { type: 'string', maxLength: 100 },
  };
  const content =
    answer === null
      ? { 'text/plain': { schema: { type: 'string' } } }
      : { 'application/json': { schema: schemaOf(answer) } };
  return {
    operationId: id,
    summary,
    parameters: [...inPath, ...(query === undefined ? [] : queryOf(query)), ...(body === undefined ? [] : [key])],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } } }),
    responses: {
      200: { description: 'Done.', content },
      ...Object.fromEntries(
        [...refusals, 401, 429, 503].map((status) => [
          status,
          { description: 'Refused.', content: { 'application/problem+json': { schema: schemaOf(Problem) } } },
        ]),
      ),
    },
  };
}

function queryOf(query: z.ZodObject): Json[] {
  const { properties = {} } = schemaOf(query, 'input') as { properties?: Record<string, { description?: string }> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: false,
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'output'): Json {
  const {
    $schema: _dialect,
    $defs: _definitions,
    id: _id,
    ...rest
  } = z.toJSONSchema(schema, {
    io,
    reused: 'inline',
    unrepresentable: 'any',
    target: 'draft-2020-12',
  }) as Json;
  return inline(rest, _definitions as Record<string, Json> | undefined);
}

/** Schemas with an id become references; each document part stands for itself. */
function inline(value: Json, definitions: Record<string, Json> | undefined): Json {
  function walk(one: unknown): unknown {
    if (Array.isArray(one)) {
      return one.map(walk);
    }
    if (typeof one !== 'object' || one === null) {
      return one;
    }
    const { $ref } = one as { $ref?: string };
    const name = $ref?.replace('#/$defs/', '');
    if (name !== undefined && definitions?.[name] !== undefined) {
      const { id: _id, ...found } = definitions[name];
      return walk(found);
    }
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, walk(inner)]));
  }
  return walk(value) as Json;
}
