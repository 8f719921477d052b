import type { TaskState } from '../../protocol/index.ts';
import { TASK_STATES } from '../../protocol/index.ts';
import type { Readiness } from './health.ts';

export interface IndexFacts {
  readonly version: string;
  readonly readiness: Readiness;
  readonly counts: Readonly<Record<TaskState, number>> | null;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --quiet: #8a8f98; --good: #1a7f37; --bad: #cf222e; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin-bottom: 0; }
p.sub { color: var(--quiet); margin-top: .2rem; }
table { border-collapse: collapse; width: 100%; margin: 1.5rem 0; }
td, th { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid var(--line); }
td:last-child { text-align: right; font-variant-numeric: tabular-nums; }
.state { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
code { font-size: .9em; }`;

/** The page at `/`: that it runs and how much it does. Names of repositories and people stay out, because nobody is signed in. */
export function renderIndex(facts: IndexFacts): string {
  const { readiness } = facts;
  const state = readiness.ready ? '<span class="state good">ready</span>' : '<span class="state bad">not ready</span>';
  const problem = readiness.problem === null ? '' : `<p class="bad">${escapeHtml(readiness.problem)}</p>`;
  const notes = readiness.notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`).join('');
  const rows = TASK_STATES.map(
    (name) => `<tr><td>${name}</td><td>${facts.counts === null ? '–' : facts.counts[name]}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Bosun</title><style>${STYLE}</style></head><body>
<h1>Bosun</h1><p class="sub">version ${escapeHtml(facts.version)} · ${state}</p>${problem}${notes}
<table><thead><tr><th>Tasks</th><th></th></tr></thead><tbody>${rows.join('')}</tbody></table>
<p>Say <code>/implement</code> on an issue to start one, <code>/status</code> to see where it stands.
On the server, <code>bosun tasks</code> lists them and <code>bosun show ID</code> tells all of one.</p>
<p class="sub"><a href="/readyz">readyz</a> · <a href="/status">status</a> · <a href="/metrics">metrics</a></p>
</body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
