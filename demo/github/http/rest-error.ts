const DOCS = 'https://docs.github.com/rest';

/** An answer other than success, thrown by handlers and written by the server as GitHub words it. */
export class RestError extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown>;

  constructor(
    status: number,
    message: string,
    more: { errors?: unknown[]; body?: Record<string, unknown>; headers?: Record<string, string>; docs?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = more.headers ?? {};
    this.body = {
      message,
      ...(more.errors ? { errors: more.errors } : {}),
      ...more.body,
      documentation_url: more.docs ?? DOCS,
      status: String(status),
    };
  }
}

export function notFound(): RestError {
  return new RestError(404, 'Not Found');
}

/** 422 with one entry in `errors`. */
export function invalid(error: { resource: string; code: string; field?: string; message?: string }): RestError {
  return new RestError(422, 'Validation Failed', { errors: [error] });
}

/** 403 of an app token that lacks a permission or the repository. */
export function notAccessible(accepted: string[] = []): RestError {
  const headers = accepted.length > 0 ? { 'x-accepted-github-permissions': accepted.join('; ') } : {};
  return new RestError(403, 'Resource not accessible by integration', { headers });
}
