import type { Viewer } from '../sign-in/viewer.ts';
import { foreign, html, type Html } from './html.ts';

export interface Frame {
  readonly viewer: Viewer | null;
  /** Goes into every form. */
  readonly formToken: string;
  readonly version: string;
  readonly assets: { readonly style: string; readonly script: string };
}

export interface Page {
  readonly title: string;
  readonly content: Html;
  readonly current?: string;
  /** What came of the last form. */
  readonly notice?: { readonly kind: 'good' | 'bad'; readonly sentence: string } | null;
}

/** A whole page. It loads one style sheet and one script of this server, and works without the script. */
export function renderPage(page: Page, frame: Frame): Html {
  const { viewer } = frame;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${page.title} · Bosun</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${frame.assets.style}" />
        <script src="${frame.assets.script}" type="module"></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <div class="wide">
            <a class="brand" href="/"><span class="mark" aria-hidden="true">⎈</span> Bosun</a>
            ${viewer === null ? '' : html`<nav aria-label="Main">${links(viewer).map(([path, text]) => navLink(path, { text, current: page.current }))}</nav>`}
            ${account(frame)}
          </div>
        </header>
        <main id="main" class="wide" tabindex="-1">${notice(page)}${page.content}</main>
        <footer class="wide dim">
          Bosun ${frame.version} · times are UTC<span class="live-state" data-live-state hidden></span>
        </footer>
      </body>
    </html>`;
}

function links(viewer: Viewer): readonly (readonly [string, string])[] {
  const all = [
    ['/', 'Overview'],
    ['/tasks', 'Tasks'],
    ['/usage', 'Usage'],
  ] as const;
  return viewer.isOperator ? [...all, ['/deliveries', 'Deliveries'], ['/settings', 'Settings']] : all;
}

function navLink(
  path: string,
  { current, text }: { readonly text: string; readonly current: string | undefined },
): Html {
  return current === path
    ? html`<a href="${path}" aria-current="page">${text}</a>`
    : html`<a href="${path}">${text}</a>`;
}

function account({ formToken, viewer }: Frame): Html {
  if (viewer === null) {
    return html``;
  }
  const role = viewer.isOperator && viewer.by.kind !== 'local' ? html` <span class="tag">operator</span>` : '';
  const out =
    viewer.by.kind === 'session'
      ? html`<form method="post" action="/logout">
          <input type="hidden" name="form_token" value="${formToken}" /><button class="link">Sign out</button>
        </form>`
      : '';
  return html`<div class="account"><a href="/tokens">${foreign(viewer.actor.login, 40)}</a>${role}${out}</div>`;
}

function notice({ notice: said }: Page): Html {
  return said === undefined || said === null
    ? html``
    : html`<p class="notice ${said.kind}" role="${said.kind === 'bad' ? 'alert' : 'status'}">${said.sentence}</p>`;
}

/** The hidden fields of every form: where it comes from, and a key by which it is carried out once. */
export function formFields(frame: Pick<Frame, 'formToken'>, key: string): Html {
  return html`<input type="hidden" name="form_token" value="${frame.formToken}" /><input
      type="hidden"
      name="key"
      value="${key}"
    />`;
}
