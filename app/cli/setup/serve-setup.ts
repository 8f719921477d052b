import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { html, raw } from 'hono/html';
import type { AppManifest } from './manifest.ts';

export interface SetupServer {
  /** `http://127.0.0.1:PORT/`. */
  readonly url: string;
  /** The code that GitHub sent the browser back with. */
  readonly code: Promise<string>;
  /** The page that the browser shows after the code; before this it shows that the App is being stored. */
  finish(page: { readonly title: string; readonly text: string; readonly link: { url: string; text: string } }): void;
  close(): Promise<void>;
}

const CREATED_PATH = '/created';

/**
 * Serves the page whose button asks GitHub for the App, and waits for the browser to come back. On loopback only; the
 * `state` in the form keeps other pages from sending a code of theirs.
 */
export async function serveSetup(options: {
  readonly port: number;
  /** Address of GitHub's form, without the state. */
  readonly action: string;
  readonly manifest: (redirectUrl: string) => AppManifest;
}): Promise<SetupServer> {
  const state = randomBytes(24).toString('base64url');
  const taken = Promise.withResolvers<string>();
  const finished = Promise.withResolvers<Html>();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.destroy();
      taken.reject(error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    // Another name for this address in the browser of somebody else's page
    if (request.headers.host !== new URL(origin).host || request.method !== 'GET') {
      await send(response, {
        status: 400,
        body: page('Bosun setup', html`<p>Open the address that the command printed.</p>`),
      });
    } else if (url.pathname === '/') {
      const redirectUrl = `${origin}${CREATED_PATH}`;
      await send(response, {
        status: 200,
        body: formPage({ action: `${options.action}?state=${state}`, manifest: options.manifest(redirectUrl) }),
        formAction: new URL(options.action).origin,
      });
    } else if (url.pathname === CREATED_PATH) {
      const code = url.searchParams.get('code');
      if (code === null || !isSame(url.searchParams.get('state') ?? '', state)) {
        const text = html`<p>This answer does not belong to this setup. <a href="/">Start again</a>.</p>`;
        await send(response, { status: 400, body: page('Bosun setup', text) });
        return;
      }
      taken.resolve(code);
      await send(response, { status: 200, body: await finished.promise });
    } else {
      await send(response, { status: 404, body: page('Bosun setup', html`<p>There is no such page.</p>`) });
    }
  }

  return {
    url: `${origin}/`,
    code: taken.promise,
    finish: ({ link, text, title }) =>
      finished.resolve(
        page(
          title,
          html`<p>${text}</p>
            <p><a href="${link.url}">${link.text}</a></p>`,
        ),
      ),
    async close() {
      finished.resolve(page('Bosun setup', html`<p>The command has ended.</p>`));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
    },
  };
}

function isSame(found: string, wanted: string): boolean {
  return found.length === wanted.length && timingSafeEqual(Buffer.from(found), Buffer.from(wanted));
}

async function send(
  response: ServerResponse,
  { body, formAction, status }: { status: number; body: Html; formAction?: string },
): Promise<void> {
  const text = String(await body);
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
    'referrer-policy': 'no-referrer',
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; form-action ${formAction ?? "'none'"}; frame-ancestors 'none'`,
  });
  response.end(text);
}

function formPage({ action, manifest }: { action: string; manifest: AppManifest }): Html {
  const { url } = manifest.hook_attributes;
  const permissions = Object.entries(manifest.default_permissions);
  return page(
    'Create the GitHub App',
    html`<p>GitHub makes a private App <b>${manifest.name}</b> for you with this access, and nothing else:</p>
      <ul>
        ${permissions.map(([name, level]) => html`<li>${name}: ${level}</li>`)}
      </ul>
      <p>Deliveries go to <code>${url}</code>. You can change the name on the next page.</p>
      <form method="post" action="${action}">
        <input type="hidden" name="manifest" value="${JSON.stringify(manifest)}" />
        <button type="submit">Continue on GitHub</button>
      </form>`,
  );
}

const STYLE =
  raw(`:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:4rem auto;padding:0 1rem}
button{font:inherit;padding:.5rem 1rem;border-radius:6px;border:1px solid #1a7f37;background:#1a7f37;color:#fff;cursor:pointer}`);

type Html = ReturnType<typeof html>;

function page(title: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`;
}
