import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

export interface Operation {
  id: string;
  parameters: { name: string; in: string; required: boolean; schema: object }[];
  body?: { required: boolean; schema: object };
}

/** Keyed by method and path template, e.g. `GET /repos/{owner}/{repo}`. */
export type Slice = Record<string, Operation>;

/** A request that GitHub's own description does not allow. */
export interface Violation {
  operation: string;
  path: string;
  problems: string[];
}

interface CheckedRequest {
  /** `GET /repos/{owner}/{repo}` */
  route: string;
  path: string;
  params: Record<string, string>;
  query: URLSearchParams;
  /** Undefined when the request has no body. */
  body: unknown;
}

export type ValidateRequest = (request: CheckedRequest) => Violation | undefined;

interface Compiled {
  id: string;
  params: { name: string; required: boolean; validate: ValidateFunction }[];
  query: { name: string; required: boolean; validate: ValidateFunction }[];
  body: { required: boolean; validate: ValidateFunction; known: Set<string> | undefined } | undefined;
}

let shared: ValidateRequest | undefined;

/** Checks requests against the committed slice of GitHub's OpenAPI description. One for the process: it has no state. */
export function requestValidator(): ValidateRequest {
  shared ??= createRequestValidator(readSlice());
  return shared;
}

export function readSlice(): Slice {
  return JSON.parse(readFileSync(new URL('slice.json', import.meta.url), 'utf8')) as Slice;
}

/** Compiles an operation when it is first used. */
export function createRequestValidator(slice: Slice): ValidateRequest {
  const strict = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const lenient = new Ajv({ strict: false, coerceTypes: 'array', validateFormats: false });
  const compiled = new Map<string, Compiled>();

  function compile(operation: Operation): Compiled {
    const pick = (place: string): Compiled['query'] =>
      operation.parameters
        .filter((one) => one.in === place)
        .map(({ name, required, schema }) => ({ name, required, validate: lenient.compile(wrap(name, schema)) }));
    return {
      id: operation.id,
      params: pick('path'),
      query: pick('query'),
      body: operation.body && {
        required: operation.body.required,
        validate: strict.compile(operation.body.schema),
        known: knownProperties(operation.body.schema),
      },
    };
  }

  return function validate(request) {
    const operation = slice[request.route];
    if (!operation) {
      return undefined;
    }
    const known = compiled.get(request.route) ?? compile(operation);
    compiled.set(request.route, known);
    const query = Object.fromEntries(request.query);
    const problems = [
      ...checkParameters(known.params, request.params, 'path'),
      ...checkParameters(known.query, query, 'query'),
      ...Object.keys(query)
        .filter((name) => !known.query.some((one) => one.name === name))
        .map((name) => `query parameter ${name} is not known`),
      ...checkBody(known.body, request.body),
    ];
    return problems.length === 0 ? undefined : { operation: known.id, path: request.path, problems };
  };
}

/** Coercion works on properties only, so each parameter is checked inside an object. */
function wrap(name: string, schema: object): object {
  return { type: 'object', properties: { [name]: schema } };
}

function checkParameters(known: Compiled['query'], given: Record<string, string>, place: string): string[] {
  return known.flatMap(({ name, required, validate }) => {
    if (given[name] === undefined) {
      return required ? [`${place} parameter ${name} is missing`] : [];
    }
    return validate({ [name]: given[name] }) ? [] : describe(validate, `${place} parameter `);
  });
}

function checkBody(known: Compiled['body'], body: unknown): string[] {
  if (!known) {
    return body === undefined || isEmptyObject(body) ? [] : ['a body is not expected'];
  }
  if (body === undefined) {
    return known.required ? ['the body is missing'] : [];
  }
  const unknown =
    known.known && typeof body === 'object' && body !== null && !Array.isArray(body)
      ? Object.keys(body).filter((name) => !known.known?.has(name))
      : [];
  return [
    ...(known.validate(body) ? [] : describe(known.validate, 'body ')),
    ...unknown.map((name) => `body property ${name} is not known`),
  ];
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function describe(validate: ValidateFunction, prefix: string): string[] {
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${prefix}${instancePath.slice(1)} ${message ?? 'is wrong'} ${JSON.stringify(params)}`;
  });
}

/** All property names a body may have, or undefined when the description leaves them open. */
function knownProperties(schema: object): Set<string> | undefined {
  const node = schema as { properties?: object; oneOf?: object[]; anyOf?: object[]; additionalProperties?: unknown };
  if (node.additionalProperties !== undefined && typeof node.additionalProperties === 'object') {
    return undefined;
  }
  const names = new Set(Object.keys(node.properties ?? {}));
  for (const branch of [...(node.oneOf ?? []), ...(node.anyOf ?? [])]) {
    for (const name of knownProperties(branch) ?? []) {
      names.add(name);
    }
  }
  return names.size > 0 ? names : undefined;
}
