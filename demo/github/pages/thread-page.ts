import { resolveRef } from '../git/refs.ts';
import type { Reply } from '../http/exchange.ts';
import { isPull, pullComparison, type PullIssue } from '../json/pull-json.ts';
import { readableTime } from './readable-time.ts';
import { fullName } from '../state/find.ts';
import type { CheckRun, Issue, Reaction, User, World } from '../state/world.ts';
import { renderDiff } from './diff.ts';
import { layout } from './layout.ts';
import { escapeHtml, renderMarkdown } from './markdown.ts';

const EMOJI: Record<string, string> = {
  '+1': '👍',
  '-1': '👎',
  laugh: '😄',
  hooray: '🎉',
  confused: '😕',
  heart: '❤️',
  rocket: '🚀',
  eyes: '👀',
};

/** The page of an issue or a pull request with its whole conversation. */
export async function threadPage(world: World, issue: Issue): Promise<Reply> {
  const labels = issue.labels.map(({ name }) => `<span class="label">${escapeHtml(name)}</span>`).join('');
  const posts = [...issue.comments.values()].map((comment) => {
    return post({
      ...comment,
      id: `issuecomment-${comment.id}`,
      at: comment.createdAt,
      isEdited: comment.updatedAt > comment.createdAt,
    });
  });
  const first = post({
    ...issue,
    body: issue.body ?? '*No description provided.*',
    id: 'top',
    at: issue.createdAt,
    isEdited: false,
  });
  const content = `<h1>${escapeHtml(issue.title)} <span class="dim">#${issue.number}</span></h1>
<p>${statePill(issue)}${isPull(issue) ? sides(issue) : `<span class="dim">opened by ${person(issue.user)}</span>`}${labels}${issue.locked ? '<span class="label">locked</span>' : ''}</p>
${first}${posts.join('')}${isPull(issue) ? await pullParts(world, issue) : ''}`;
  return layout({ title: `${issue.title} #${issue.number}`, repository: fullName(issue.repository), content });
}

export function statePill(issue: Issue): string {
  if (issue.pull?.mergedAt) {
    return '<span class="pill merged">Merged</span>';
  }
  if (issue.state === 'closed') {
    return '<span class="pill closed">Closed</span>';
  }
  return issue.pull?.draft ? '<span class="pill draft">Draft</span>' : '<span class="pill">Open</span>';
}

function sides({ pull, user }: PullIssue): string {
  return `<span class="dim">${person(user)} wants to merge <code>${escapeHtml(pull.head.ref)}</code> into <code>${escapeHtml(pull.base.ref)}</code></span>`;
}

export function person(user: User): string {
  const name = escapeHtml(user.login.replace('[bot]', ''));
  return `<b>${name}</b>${user.type === 'Bot' ? ' <span class="bot">bot</span>' : ''}`;
}

interface Post {
  id: string;
  user: User;
  body: string;
  at: Date;
  isEdited: boolean;
  reactions: Reaction[];
}

function post({ id, user, body, at, isEdited, reactions }: Post): string {
  const counts = Object.entries(EMOJI).map(([content, sign]) => {
    const count = reactions.filter((one) => one.content === content).length;
    return count > 0 ? `<span>${sign} ${count}</span>` : '';
  });
  const bar = reactions.length > 0 ? `<div class="reactions">${counts.join('')}</div>` : '';
  return `<article class="card" id="${id}"><div class="head">${person(user)} <span class="dim">commented at ${readableTime(at)}${isEdited ? ' · edited' : ''}</span></div>
<div class="body">${renderMarkdown(body)}</div>${bar}</article>`;
}

async function pullParts(world: World, issue: PullIssue): Promise<string> {
  const comparison = await pullComparison(issue);
  const commits = (comparison?.commits ?? []).map(
    ({ sha, message, author }) =>
      `<div class="row"><code>${sha.slice(0, 7)}</code> ${escapeHtml(message.split('\n')[0] ?? '')}<span class="dim">${escapeHtml(author.name)}</span></div>`,
  );
  const runs = [...issue.repository.checkRuns.values()].filter(({ headSha }) => headSha === issue.pull.head.sha);
  const files = comparison?.files ?? [];
  const isGone =
    issue.state === 'open' &&
    (await resolveRef(issue.pull.head.repository.dir, `refs/heads/${issue.pull.head.ref}`)) === undefined;
  return `${isGone ? '<p class="bad">The head branch is gone.</p>' : ''}
<h2>Checks</h2><div class="card">${runs.map((run) => checkRow(world, run)).join('') || '<div class="row dim">None reported.</div>'}</div>
<h2>Commits (${commits.length})</h2><div class="card">${commits.join('')}</div>
<h2>Files changed (${files.length})</h2>${files.map(renderDiff).join('')}`;
}

function checkRow(world: World, run: CheckRun): string {
  const url = `/${fullName(run.repository)}/runs/${run.id}`;
  const title = escapeHtml(run.output.title ?? run.conclusion ?? run.status);
  return `<div class="row">${checkSign(run)} <a href="${url}"><b>${escapeHtml(run.name)}</b></a> ${title}<span class="dim">${escapeHtml(world.app.name)}</span></div>`;
}

export function checkSign(run: CheckRun): string {
  if (run.status !== 'completed') {
    return '<span class="wait">●</span>';
  }
  if (run.conclusion === 'success') {
    return '<span class="ok">✓</span>';
  }
  return run.conclusion === 'neutral' || run.conclusion === 'skipped'
    ? '<span class="dim">■</span>'
    : '<span class="bad">✗</span>';
}
