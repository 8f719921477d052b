import { listRefs, resolveRef } from '../git/refs.ts';
import { listCommits } from '../git/history.ts';
import { runGit, tryGit } from '../git/run-git.ts';
import type { Reply } from '../http/exchange.ts';
import { readableTime } from './readable-time.ts';
import { fullName } from '../state/find.ts';
import type { CheckRun, Issue, Repository, World } from '../state/world.ts';
import { layout } from './layout.ts';
import { escapeHtml, renderMarkdown } from './markdown.ts';
import { checkSign, person, statePill } from './thread-page.ts';

export function homePage(world: World): Reply {
  const rows = [...world.repositories.values()].map((repository) => {
    const name = escapeHtml(fullName(repository));
    return `<div class="row"><a href="/${name}"><b>${name}</b></a> ${escapeHtml(repository.description ?? '')}<span class="dim">${repository.private ? 'private' : 'public'}</span></div>`;
  });
  const content = `<h1>Repositories</h1><div class="card">${rows.join('') || '<div class="row dim">None yet.</div>'}</div>`;
  return layout({ title: 'Local GitHub', content });
}

/** Files, threads, branches and the README of a repository. */
export async function repositoryPage(world: World, repository: Repository): Promise<Reply> {
  const { dir, defaultBranch } = repository;
  const sha = await resolveRef(dir, `refs/heads/${defaultBranch}`);
  const files = sha ? (await runGit(dir, ['ls-tree', '-r', '--name-only', sha])).split('\n').filter(Boolean) : [];
  const commits = sha ? await listCommits(dir, ['-10', sha]) : [];
  const branches = [...(await listRefs(dir)).keys()].filter((ref) => ref.startsWith('refs/heads/'));
  const readme = sha ? await tryGit(dir, ['cat-file', 'blob', `${sha}:README.md`]) : undefined;
  const content = `<h1>${escapeHtml(fullName(repository))}</h1><p class="dim">${escapeHtml(repository.description ?? '')}</p>
<p>${branches.map((ref) => `<span class="label">${escapeHtml(ref.slice(11))}</span>`).join('')}</p>
<p><code>git clone ${escapeHtml(`${world.url}/${fullName(repository)}.git`)}</code></p>
${threadList('Issues and pull requests', [...repository.issues.values()].toReversed().slice(0, 20))}
<h2>Commits on ${escapeHtml(defaultBranch)}</h2><div class="card">${commits.map(({ sha: id, message, author }) => `<div class="row"><code>${id.slice(0, 7)}</code> ${escapeHtml(message.split('\n')[0] ?? '')}<span class="dim">${escapeHtml(author.name)}</span></div>`).join('')}</div>
<h2>Files</h2><div class="card">${files.map((path) => `<div class="row"><code>${escapeHtml(path)}</code></div>`).join('')}</div>
${readme?.code === 0 ? `<div class="card"><div class="head">README.md</div><div class="body">${renderMarkdown(readme.stdout.toString('utf8'))}</div></div>` : ''}`;
  return layout({ title: fullName(repository), repository: fullName(repository), content });
}

export function listPage(repository: Repository, kind: 'issues' | 'pulls'): Reply {
  const threads = [...repository.issues.values()].filter((issue) => (issue.pull !== null) === (kind === 'pulls'));
  const title = kind === 'pulls' ? 'Pull requests' : 'Issues';
  return layout({ title, repository: fullName(repository), content: threadList(title, threads.toReversed()) });
}

function threadList(title: string, issues: readonly Issue[]): string {
  const rows = issues.map((issue) => {
    const url = `/${escapeHtml(fullName(issue.repository))}/${issue.pull ? 'pull' : 'issues'}/${issue.number}`;
    return `<div class="row">${statePill(issue)}<a href="${url}"><b>${escapeHtml(issue.title)}</b></a><span class="dim">#${issue.number} by ${person(issue.user)}</span></div>`;
  });
  return `<h2>${title}</h2><div class="card">${rows.join('') || '<div class="row dim">None yet.</div>'}</div>`;
}

/** The page of a check run. */
export function checkRunPage(run: CheckRun): Reply {
  const { output } = run;
  const result = run.conclusion ?? run.status;
  const buttons = run.actions.map(({ label }) => `<button disabled>${escapeHtml(label)}</button>`).join('');
  const content = `<h1>${checkSign(run)} ${escapeHtml(output.title ?? run.name)}</h1>
<p><b>${escapeHtml(run.name)}</b> <span class="label">${escapeHtml(result)}</span> <span class="dim">on <code>${run.headSha.slice(0, 7)}</code>, started ${readableTime(run.startedAt)}${run.completedAt ? `, completed ${readableTime(run.completedAt)}` : ''}</span></p>
${buttons ? `<p>${buttons}</p>` : ''}
${output.summary ? `<div class="card"><div class="body">${renderMarkdown(output.summary)}</div></div>` : ''}
${output.text ? `<div class="card"><div class="body">${renderMarkdown(output.text)}</div></div>` : ''}`;
  return layout({ title: `${run.name}: ${result}`, repository: fullName(run.repository), content });
}
