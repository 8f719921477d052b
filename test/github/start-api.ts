import nock from 'nock';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
  readonly body: any;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Cuts the connection instead of answering. */
  readonly cut?: boolean;
  /** Never answers. */
  readonly hang?: boolean;
}

export interface Api extends AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[];
  /** Requests as `METHOD path`. */
  lines(): string[];
}

const API_URL = 'https://api.github.test';

// The library replaces the HTTP of the whole process as soon as it is loaded, and other files of tests run in this one.
nock.restore();

/** Answers requests to GitHub with what the test gives, and token requests too unless the test answers them itself. */
export async function startApi(answer: (seen: Seen, count: number) => Reply | undefined): Promise<Api> {
  const seen: Seen[] = [];
  let minted = 0;

  function answerOne(entry: Seen): Reply {
    seen.push(entry);
    const count = seen.filter((other) => other.method === entry.method && other.path === entry.path).length;
    const reply = answer(entry, count);
    if (reply === undefined && entry.path.endsWith('/access_tokens')) {
      minted += 1;
      const body = { token: `ghs_${minted}`, expires_at: new Date(Date.now() + 3_600_000).toISOString() };
      return { status: 201, body };
    }
    return reply ?? { status: 404, body: { message: 'Not Found' } };
  }

  if (!nock.isActive()) {
    nock.activate();
  }
  const scope = nock(API_URL).persist();
  for (const method of ['GET', 'POST', 'PATCH', 'PUT', 'DELETE']) {
    scope.intercept(/.*/, method).reply(async (request: Request) => {
      const { pathname, searchParams } = new URL(request.url);
      const text = await request.text();
      const body = text === '' ? null : (JSON.parse(text) as unknown);
      const authorization = request.headers.get('authorization') ?? '';
      const given = answerOne({ method, path: pathname, query: searchParams, authorization, body });
      if (given.hang === true) {
        await new Promise<never>(() => undefined);
      }
      if (given.cut === true) {
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      }
      const date = new Date().toUTCString();
      const headers = { 'content-type': 'application/json; charset=utf-8', date, ...given.headers };
      return [given.status ?? 200, given.body === undefined ? '' : JSON.stringify(given.body), headers];
    });
  }
  return {
    url: API_URL,
    seen,
    lines: () => seen.map(({ method, path }) => `${method} ${path}`),
    async [Symbol.asyncDispose]() {
      nock.abortPendingRequests();
      nock.cleanAll();
      nock.restore();
    },
  };
}
