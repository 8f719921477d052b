import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Reply } from '../http/exchange.ts';
import { readBody } from '../http/read-body.ts';
import { notFound } from '../http/rest-error.ts';
import { appJson } from '../json/app-json.ts';
import type { Json } from '../json/user-json.ts';
import { announceInstallation } from '../people/installations.ts';
import { findUser } from '../state/find.ts';
import type { Permissions, World } from '../state/world.ts';
import type { Webhook } from '../webhooks/deliveries.ts';
import { layout } from './layout.ts';
import { escapeHtml } from './markdown.ts';

interface Manifest {
  name: string;
  redirect_url: string;
  hook_attributes?: { url: string; active?: boolean };
  default_permissions: Permissions;
  default_events: string[];
}

/** What GitHub's pages for Apps do: make one from a manifest, and install it. */
export interface AppSetup {
  /** Undefined for requests that are none of these pages. */
  serve(request: IncomingMessage, path: string): Promise<Reply | undefined>;
  /** The App behind a code, with its secrets; a code works once. */
  convert(code: string): Json;
}

const CREATE_PATH = /^\/(?:organizations\/([^/]+)\/)?settings\/apps\/(new|create)$/;
const INSTALL_PATH = /^\/apps\/([^/]+)\/installations\/new$/;

/** There is one App on this GitHub: making one gives it the name, the access and the webhook of the manifest. */
export function createAppSetup(world: World, setWebhook: (webhook: Webhook | undefined) => void): AppSetup {
  const codes = new Map<string, Manifest>();

  async function create(
    request: IncomingMessage,
    step: { organization: string | null; isLast: boolean },
  ): Promise<Reply> {
    const url = new URL(request.url ?? '/', world.url);
    const form = new URLSearchParams((await readBody(request)).toString('utf8'));
    const manifest = readManifest(form.get('manifest'));
    if (typeof manifest === 'string') {
      return layout({
        title: 'Invalid GitHub App configuration',
        content: `<p>${escapeHtml(manifest)}</p>`,
        status: 422,
      });
    }
    const state = url.searchParams.get('state') ?? form.get('state') ?? '';
    if (!step.isLast) {
      return confirmPage(manifest, { state, action: url.pathname.replace(/new$/, 'create') });
    }
    const code = randomBytes(20).toString('hex');
    codes.set(code, { ...manifest, name: form.get('name') ?? manifest.name });
    if (step.organization !== null) {
      world.app.owner = findUser(world, step.organization) ?? world.app.owner;
    }
    const back = new URL(manifest.redirect_url);
    back.searchParams.set('code', code);
    back.searchParams.set('state', state);
    return { status: 302, body: '', headers: { location: back.href } };
  }

  function install(method: string): Reply {
    const repositories = [...world.repositories.values()];
    if (method === 'POST') {
      repositories.forEach((repository) => announceInstallation(world, repository));
      return layout({ title: 'Installed', content: `<p>${escapeHtml(world.app.name)} is installed.</p>` });
    }
    const content = `<h1>Install ${escapeHtml(world.app.name)}</h1><form method="post"><button type="submit">Install</button></form>`;
    return layout({ title: 'Install', content });
  }

  return {
    async serve(request, path) {
      const method = request.method ?? 'GET';
      const [, organization, step] = method === 'POST' ? (CREATE_PATH.exec(path) ?? []) : [];
      if (step !== undefined) {
        return create(request, { organization: organization ?? null, isLast: step === 'create' });
      }
      return INSTALL_PATH.exec(path)?.[1] === world.app.slug ? install(method) : undefined;
    },
    convert(code) {
      const manifest = codes.get(code);
      if (manifest === undefined) {
        throw notFound();
      }
      codes.delete(code);
      const { app } = world;
      const hook = manifest.hook_attributes;
      const secret = hook?.active === false ? null : randomBytes(20).toString('hex');
      Object.assign(app, {
        name: manifest.name,
        slug: manifest.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
        permissions: { ...manifest.default_permissions },
        events: [...manifest.default_events],
      });
      setWebhook(hook === undefined || secret === null ? undefined : { url: hook.url, secret });
      return {
        ...appJson(world),
        client_secret: randomBytes(20).toString('hex'),
        webhook_secret: secret,
        pem: app.privateKey,
      };
    },
  };
}

/** The manifest, or what GitHub would complain about. */
function readManifest(text: string | null): Manifest | string {
  let manifest: Partial<Manifest>;
  try {
    manifest = JSON.parse(text ?? '') as Partial<Manifest>;
  } catch {
    return 'The manifest is not JSON.';
  }
  const { default_events: events = [], default_permissions: permissions = {}, name, redirect_url: redirect } = manifest;
  if (typeof name !== 'string' || name === '' || name.length > 34) {
    return 'Name is required and has at most 34 characters.';
  }
  if (typeof redirect !== 'string' || URL.parse(redirect) === null) {
    return 'Redirect url is not a URL.';
  }
  if (manifest.hook_attributes !== undefined && URL.parse(manifest.hook_attributes.url) === null) {
    return 'Hook url is not a URL.';
  }
  return { ...manifest, name, redirect_url: redirect, default_permissions: permissions, default_events: events };
}

function confirmPage(manifest: Manifest, { action, state }: { action: string; state: string }): Reply {
  const hidden = Object.entries({ manifest: JSON.stringify(manifest), state })
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join('');
  const content = `<h1>Create GitHub App</h1><form method="post" action="${escapeHtml(action)}">${hidden}
<label>GitHub App name <input name="name" value="${escapeHtml(manifest.name)}"></label>
<button type="submit">Create GitHub App</button></form>`;
  return layout({ title: 'Create GitHub App', content });
}
