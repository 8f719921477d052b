import { formToken, isOurForm, type Viewer } from './sign-in/viewer.ts';
import { ASSETS } from './static-files.ts';
import type { DashboardParts, WebContext } from './parts.ts';
import { renderPage, type Frame, type Page } from './pages/layout.ts';
import { renderProblem } from './pages/plain-pages.ts';

const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function frameOf(viewer: Viewer | null, parts: Pick<DashboardParts, 'sealer' | 'version'>): Frame {
  return {
    viewer,
    formToken: viewer === null ? '' : formToken(viewer, parts.sealer),
    version: parts.version,
    assets: ASSETS,
  };
}

export async function sendPage(
  c: WebContext,
  page: Page,
  { frame, status = 200 }: { readonly frame: Frame; readonly status?: 200 | 400 | 401 | 403 | 404 | 409 | 503 },
): Promise<Response> {
  c.header('content-security-policy', POLICY);
  return c.html(await renderPage(page, frame), status);
}

/** The same answer for what is not there and for what is not theirs. */
export function sendMissing(c: WebContext, frame: Frame): Promise<Response> {
  const title = 'There is nothing here';
  const detail = 'It does not exist, or GitHub does not show you its repository.';
  return sendPage(c, { title, content: renderProblem({ title, detail }) }, { frame, status: 404 });
}

/** The fields of a form of ours; null when it is not one. */
export async function readForm(c: WebContext, parts: DashboardParts): Promise<FormData | null> {
  const form = await c.req.formData().catch(() => null);
  const token = form?.get('form_token');
  const isOurs = isOurForm(
    c.get('viewer'),
    {
      token: typeof token === 'string' ? token : '',
      origin: c.req.header('origin'),
      host: c.req.header('host'),
    },
    { sealer: parts.sealer, publicUrl: parts.config.http.publicUrl },
  );
  return isOurs ? form : null;
}

export function sendForged(c: WebContext, frame: Frame): Promise<Response> {
  const title = 'Nothing was done';
  const detail =
    'This form did not come from a page of yours, or you have signed in again since. Load the page and try again.';
  return sendPage(c, { title, content: renderProblem({ title, detail }) }, { frame, status: 403 });
}

export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}
