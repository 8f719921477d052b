import { diffText } from '../git/history.ts';
import { tryGit } from '../git/run-git.ts';
import type { Reply } from '../http/exchange.ts';
import type { RequestRecord } from '../http/request-log.ts';
import { isPull, pullComparison } from '../json/pull-json.ts';
import { findRepository } from '../state/find.ts';
import type { Issue, Repository, World } from '../state/world.ts';
import { layout } from './layout.ts';
import { checkRunPage, homePage, listPage, repositoryPage } from './repository-page.ts';
import { threadPage } from './thread-page.ts';

/** What a person with a browser sees. Everything is visible without signing in: it is their own machine. */
export async function renderPage(world: World, record: RequestRecord): Promise<Reply> {
  const parts = record.path.split('/').slice(1).map(decodeURIComponent);
  const [owner = '', name = '', kind, id = '', ...rest] = parts;
  if (record.path === '/') {
    return homePage(world);
  }
  const repository = findRepository(world, owner, name);
  if (!repository) {
    return missing(record);
  }
  if (kind === undefined || kind === '') {
    return repositoryPage(world, repository);
  }
  const reply = await inner(world, repository, { kind, id, rest });
  return reply ?? missing(record);
}

async function inner(
  world: World,
  repository: Repository,
  page: { kind: string; id: string; rest: string[] },
): Promise<Reply | undefined> {
  const { kind, id, rest } = page;
  if ((kind === 'issues' || kind === 'pulls') && id === '') {
    return listPage(repository, kind);
  }
  if (kind === 'issues' || kind === 'pull') {
    const issue = repository.issues.get(Number.parseInt(id, 10));
    return issue && (id.endsWith('.diff') ? diffPage(issue) : threadPage(world, issue));
  }
  if (kind === 'runs') {
    const run = repository.checkRuns.get(Number(id));
    return run && checkRunPage(run);
  }
  return kind === 'raw' ? rawPage(repository, `${id}:${rest.join('/')}`) : undefined;
}

async function diffPage(issue: Issue): Promise<Reply | undefined> {
  const comparison = isPull(issue) ? await pullComparison(issue) : undefined;
  if (!comparison || !issue.pull) {
    return undefined;
  }
  const body = await diffText(issue.repository.dir, comparison.mergeBase, issue.pull.head.sha);
  return { status: 200, body, headers: { 'content-type': 'text/plain; charset=utf-8' } };
}

async function rawPage(repository: Repository, object: string): Promise<Reply | undefined> {
  const blob = await tryGit(repository.dir, ['cat-file', 'blob', object]);
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  return blob.code === 0 ? { status: 200, body: blob.stdout, headers } : undefined;
}

function missing(record: RequestRecord): Reply {
  const content = '<h1>Not here</h1><p class="dim">The local GitHub has no such page.</p>';
  return layout({ title: `Not here: ${record.path}`, content, status: 404 });
}
