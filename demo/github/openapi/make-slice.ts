/**
 * Cuts the operations that the local GitHub serves out of GitHub's OpenAPI description and writes `slice.json`.
 *
 *   mkdir /tmp/openapi && cd /tmp/openapi && npm init -y && npm install @octokit/openapi@23
 *   node demo/github/openapi/make-slice.ts /tmp/openapi/node_modules/@octokit/openapi/generated/api.github.com.deref.json
 *
 * (The package takes 385 MB, which is why it is not a dependency.) Descriptions, examples and answers are left out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { allRoutes } from '../rest/all-routes.ts';
import type { Operation, Slice } from './validate-request.ts';

interface SourceParameter {
  name: string;
  in: string;
  required?: boolean;
  schema: object;
}
interface SourceOperation {
  operationId: string;
  parameters?: SourceParameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: object }> };
}

const DROPPED = new Set(['description', 'example', 'examples', 'x-github', 'externalDocs', 'x-multi-segment', 'title']);

function cut(operation: SourceOperation): Operation {
  const { parameters = [], requestBody } = operation;
  const json = requestBody?.content['application/json'];
  return {
    id: operation.operationId,
    parameters: parameters.map(({ name, in: place, required = false, schema }) => ({
      name,
      in: place,
      required,
      schema,
    })),
    ...(json ? { body: { required: requestBody?.required ?? false, schema: json.schema } } : {}),
  };
}

/** A key such as `description` is dropped only where it annotates a schema, not where it names a property. */
function strip(value: unknown, isPropertyMap = false): unknown {
  if (Array.isArray(value)) {
    return value.map((one) => strip(one));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const kept = Object.entries(isPropertyMap ? value : spellNull(value)).filter(
    ([key]) => isPropertyMap || !DROPPED.has(key),
  );
  return Object.fromEntries(kept.map(([key, one]) => [key, strip(one, key === 'properties' && !isPropertyMap)]));
}

/** `nullable` beside a choice means one more choice; JSON Schema validators refuse it without a `type`. */
function spellNull(schema: { nullable?: boolean; type?: string; oneOf?: object[]; anyOf?: object[] }): object {
  if (!schema.nullable || schema.type !== undefined) {
    return schema;
  }
  const { nullable: _, ...rest } = schema;
  const choice = rest.oneOf ? 'oneOf' : 'anyOf';
  return rest[choice] ? { ...rest, [choice]: [...rest[choice], { enum: [null] }] } : rest;
}

const [source] = process.argv.slice(2);
if (!source) {
  throw new Error('Name the file: node demo/github/openapi/make-slice.ts PATH/TO/api.github.com.deref.json');
}
const description = JSON.parse(readFileSync(source, 'utf8')) as {
  paths: Record<string, Record<string, SourceOperation> | undefined>;
};
const slice: Slice = {};
for (const { method, path } of allRoutes()) {
  const operation = description.paths[path]?.[method.toLowerCase()];
  if (operation) {
    slice[`${method} ${path}`] = strip(cut(operation)) as Operation;
  }
}
writeFileSync(new URL('slice.json', import.meta.url), `${JSON.stringify(slice)}\n`);
