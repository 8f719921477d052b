import type { ApiToken } from '../../store/access.ts';
import type { Readiness } from '../health.ts';
import { formFields, type Frame } from './layout.ts';
import { foreign, html, line, when, type Html } from './html.ts';

/** What somebody sees who is not signed in: that the server works, and how to sign in. Nothing of any repository. */
export function renderWelcome(facts: {
  readonly readiness: Readiness;
  readonly canSignIn: boolean;
  readonly returnTo: string;
}): Html {
  const { canSignIn, readiness, returnTo } = facts;
  return html`<div class="welcome">
    <h1>Bosun</h1>
    <p>Turns an issue into a pull request, inside a budget.</p>
    <p><span class="badge ${readiness.ready ? 'good' : 'bad'}">${readiness.ready ? 'ready' : 'not ready'}</span></p>
    ${readiness.problem === null ? '' : html`<p class="notice bad">${readiness.problem}</p>`}
    ${readiness.notes.map((note) => html`<p class="notice warn">${foreign(note, 600)}</p>`)}
    ${
      canSignIn
        ? html`<p><a class="button primary" href="/login?to=${encodeURIComponent(returnTo)}">Sign in with GitHub</a></p>
            <p class="dim">You see the tasks of the repositories that GitHub shows you.</p>`
        : html`<p class="notice warn">
            Nobody can sign in yet: set <code>GITHUB_CLIENT_ID</code> and <code>GITHUB_CLIENT_SECRET</code> of the App,
            or <code>BOSUN_DASHBOARD=local</code> on your own machine.
          </p>`
    }
    <p class="dim">
      Comment <code>/implement</code> on an issue to start a task. On the server, <code>bosun tasks</code> lists them.
    </p>
    <p class="dim"><a href="/readyz">readyz</a> · <a href="/status">status</a> · <a href="/metrics">metrics</a></p>
  </div>`;
}

export function renderProblem(problem: { readonly title: string; readonly detail: string }): Html {
  return html`<div class="welcome">
    <h1>${problem.title}</h1>
    <p>${problem.detail}</p>
    <p><a href="/">Go to the overview</a></p>
  </div>`;
}

/** The tokens of a person, and the one that was just made, which is shown this once. */
export function renderTokens(
  facts: { readonly tokens: readonly ApiToken[]; readonly made: string | null; readonly formKey: string },
  frame: Frame,
): Html {
  const { formKey, made, tokens } = facts;
  const fields = formFields(frame, formKey);
  const rows = tokens.map(
    (token) =>
      html`<tr>
        <th scope="row">${foreign(token.name, 80)}</th>
        <td>${token.scope}</td>
        <td>${when(token.createdAt)}</td>
        <td>${when(token.expiresAt)}</td>
        <td>${when(token.lastUsedAt)}</td>
        <td>
          <button name="revoke" value="${token.id}" class="danger" aria-label="Revoke ${line(token.name, 80)}">
            Revoke
          </button>
        </td>
      </tr>`,
  );
  return html`<h1>Tokens for the API</h1>
    <p class="dim">
      A token can see and do what you can, or only see it. It is sent as <code>Authorization: Bearer …</code> to
      <a href="/api/v1/openapi.json">the API</a>.
    </p>
    ${
      made === null
        ? ''
        : html`<div class="notice good" role="status">
            <p>Copy it now; it is not shown again.</p>
            <pre class="text" tabindex="0">${made}</pre>
          </div>`
    }
    <form method="post" action="/tokens">
      ${fields}
      <div class="scroll" tabindex="0" role="group" aria-label="Tokens">
        <table>
          <caption class="hidden">
            Tokens
          </caption>
          <thead>
            <tr>
              <th>Name</th>
              <th>Scope</th>
              <th>Created</th>
              <th>Expires</th>
              <th>Last used</th>
              <th><span class="hidden">Action</span></th>
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>
        ${rows.length === 0 ? html`<p class="empty">You have no token.</p>` : ''}
      </div>
    </form>
    <form class="filters" method="post" action="/tokens">
      ${fields}<label>Name<input name="name" required maxlength="60" /></label>
      <label
        >Scope<select name="scope">
          <option value="read">read</option>
          <option value="act">act</option>
        </select></label
      >
      <label>Expires in days<input name="days" type="number" min="1" max="365" value="30" /></label
      ><button class="primary">Make a token</button>
    </form>`;
}
