import { resolveRef } from '../../git/refs.ts';
import { changedFiles, compareCommits, diffText, EMPTY_TREE, listCommits, readCommit } from '../../git/history.ts';
import { ok, param, repositoryOf, type Exchange, type Reply } from '../../http/exchange.ts';
import { paginate } from '../../http/pagination.ts';
import { notFound, RestError } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { commitJson, fileJson } from '../../json/commit-json.ts';
import { fullName } from '../../state/find.ts';
import type { Repository } from '../../state/world.ts';

const READ = { permissions: ['contents:read'] };

export function commitRoutes(): Route[] {
  return [
    { method: 'GET', path: '/repos/{owner}/{repo}/compare/{basehead}', need: READ, handle: compare },
    { method: 'GET', path: '/repos/{owner}/{repo}/commits', need: READ, handle: list },
    { method: 'GET', path: '/repos/{owner}/{repo}/commits/{ref}', need: READ, handle: getCommit },
  ];
}

async function requireCommit(repository: Repository, revision: string): Promise<string> {
  const sha = await resolveRef(repository.dir, revision);
  if (!sha) {
    throw new RestError(422, `No commit found for SHA: ${revision}`);
  }
  return sha;
}

async function list(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  const from = exchange.query.get('sha') ?? repository.defaultBranch;
  const sha = await resolveRef(repository.dir, from);
  if (!sha) {
    throw new RestError(409, 'Git Repository is empty.');
  }
  const path = exchange.query.get('path');
  const commits = await listCommits(repository.dir, [sha, ...(path ? ['--', path] : [])]);
  return paginate(exchange, commits, (commit) => commitJson(exchange.world, repository, commit));
}

async function getCommit(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  const sha = await requireCommit(repository, param(exchange, 'ref'));
  if (exchange.headers['accept']?.includes('sha')) {
    return ok(sha, { 'content-type': 'application/vnd.github.sha; charset=utf-8' });
  }
  const commit = await readCommit(repository.dir, sha);
  if (!commit) {
    throw notFound();
  }
  const parent = commit.parents[0] ?? EMPTY_TREE;
  if (exchange.headers['accept']?.includes('diff')) {
    return ok(await diffText(repository.dir, parent, sha), {
      'content-type': 'application/vnd.github.diff; charset=utf-8',
    });
  }
  const files = await changedFiles(repository.dir, parent, sha);
  const total = (key: 'additions' | 'deletions'): number => files.reduce((sum, file) => sum + file[key], 0);
  const stats = { additions: total('additions'), deletions: total('deletions') };
  return ok({
    ...commitJson(exchange.world, repository, commit),
    stats: { ...stats, total: stats.additions + stats.deletions },
    files: files.map((file) => fileJson(exchange.world, file, { repository, sha })),
  });
}

async function compare(exchange: Exchange): Promise<Reply> {
  const { world } = exchange;
  const repository = repositoryOf(exchange);
  const [left = '', right = ''] = param(exchange, 'basehead').split('...');
  const base = await resolveRef(repository.dir, left.slice(left.indexOf(':') + 1));
  const head = await resolveRef(repository.dir, right.slice(right.indexOf(':') + 1));
  const comparison = base && head && (await compareCommits(repository.dir, base, head));
  if (!comparison) {
    throw notFound();
  }
  if (exchange.headers['accept']?.includes('diff')) {
    const text = await diffText(repository.dir, comparison.mergeBase, head);
    return ok(text, { 'content-type': 'application/vnd.github.diff; charset=utf-8' });
  }
  const baseCommit = await readCommit(repository.dir, base);
  const mergeBase = await readCommit(repository.dir, comparison.mergeBase);
  if (!baseCommit || !mergeBase) {
    throw notFound();
  }
  const page = `${world.url}/${fullName(repository)}/compare/${base}...${head}`;
  return ok({
    url: `${world.apiUrl}${exchange.path}`,
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: commitJson(world, repository, baseCommit),
    merge_base_commit: commitJson(world, repository, mergeBase),
    status: compareStatus(comparison.aheadBy, comparison.behindBy),
    ahead_by: comparison.aheadBy,
    behind_by: comparison.behindBy,
    total_commits: comparison.aheadBy,
    commits: comparison.commits.slice(0, 250).map((commit) => commitJson(world, repository, commit)),
    files: comparison.files.slice(0, 300).map((file) => fileJson(world, file, { repository, sha: head })),
  });
}

function compareStatus(ahead: number, behind: number): string {
  if (ahead > 0 && behind > 0) {
    return 'diverged';
  }
  if (ahead > 0) {
    return 'ahead';
  }
  return behind > 0 ? 'behind' : 'identical';
}
