import { listRefs, resolveRef } from '../../git/refs.ts';
import { runGit, tryGit } from '../../git/run-git.ts';
import { ok, param, repositoryOf, type Exchange, type Reply } from '../../http/exchange.ts';
import { notFound, RestError } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import type { Json } from '../../json/user-json.ts';
import { fullName } from '../../state/find.ts';
import type { Repository } from '../../state/world.ts';

const READ = { permissions: ['contents:read'] };
/** Above this GitHub leaves `content` empty. */
const MAX_INLINE_BYTES = 1_048_576;

export function contentRoutes(): Route[] {
  return [
    { method: 'GET', path: '/repos/{owner}/{repo}/contents/{path}', need: READ, handle: getContent },
    { method: 'GET', path: '/repos/{owner}/{repo}/contents/', need: READ, handle: getContent },
    { method: 'GET', path: '/repos/{owner}/{repo}/contents', need: READ, handle: getContent },
  ];
}

interface Entry {
  mode: string;
  type: string;
  sha: string;
  size: number;
  path: string;
}

async function getContent(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  const ref = exchange.query.get('ref') ?? repository.defaultBranch;
  const commit = await resolveRef(repository.dir, ref);
  if (!commit) {
    throw await missingRef(repository, ref);
  }
  const path = param(exchange, 'path').replace(/^\/+|\/+$/g, '');
  const at = { repository, ref, commit };
  const [entry] = path === '' ? [] : await listTree(repository.dir, commit, path);
  if (path === '' || entry?.type === 'tree') {
    const entries = await listTree(repository.dir, commit, path === '' ? '' : `${path}/`);
    return ok(entries.map((one) => entryJson(exchange, one, at)));
  }
  if (!entry) {
    throw notFound();
  }
  return readEntry(exchange, entry, at);
}

async function missingRef(repository: Repository, ref: string): Promise<RestError> {
  if ((await listRefs(repository.dir)).size === 0) {
    return new RestError(404, 'This repository is empty.');
  }
  return new RestError(404, `No commit found for the ref ${ref}`);
}

interface Place {
  repository: Repository;
  ref: string;
  commit: string;
}

async function readEntry(exchange: Exchange, entry: Entry, at: Place): Promise<Reply> {
  const blob = await tryGit(at.repository.dir, ['cat-file', 'blob', entry.sha]);
  if (blob.code !== 0) {
    throw notFound();
  }
  if (exchange.headers['accept']?.includes('raw')) {
    return ok(blob.stdout, { 'content-type': 'application/vnd.github.raw; charset=utf-8' });
  }
  const isLarge = entry.size > MAX_INLINE_BYTES;
  return ok({
    ...entryJson(exchange, entry, at),
    encoding: isLarge ? 'none' : 'base64',
    // GitHub breaks the lines of its base64.
    content: isLarge ? '' : blob.stdout.toString('base64').replace(/.{1,60}/g, '$&\n'),
  });
}

function entryJson(exchange: Exchange, entry: Entry, at: Place): Json {
  const { world } = exchange;
  const path = entry.path.split('/').map(encodeURIComponent).join('/');
  const name = fullName(at.repository);
  const url = `${world.apiUrl}/repos/${name}/contents/${path}?ref=${encodeURIComponent(at.ref)}`;
  const git = `${world.apiUrl}/repos/${name}/git/${entry.type}s/${entry.sha}`;
  const html = `${world.url}/${name}/${entry.type}/${at.ref}/${path}`;
  const types: Record<string, string> = { tree: 'dir', commit: 'submodule', blob: 'file' };
  return {
    name: entry.path.split('/').at(-1),
    path: entry.path,
    sha: entry.sha,
    size: entry.size,
    url,
    html_url: html,
    git_url: git,
    download_url: entry.type === 'blob' ? `${world.url}/${name}/raw/${at.commit}/${path}` : null,
    type: entry.mode === '120000' ? 'symlink' : (types[entry.type] ?? 'file'),
    _links: { self: url, git, html },
  };
}

async function listTree(dir: string, commit: string, path: string): Promise<Entry[]> {
  const args = ['ls-tree', '-z', '-l', '--full-tree', commit, ...(path === '' ? [] : ['--', path])];
  const text = await runGit(dir, args);
  return text.split('\0').filter(Boolean).map(parseEntry);
}

function parseEntry(line: string): Entry {
  const tab = line.indexOf('\t');
  const [mode = '', type = '', sha = '', size = '0'] = line.slice(0, tab).split(/\s+/);
  return { mode, type, sha, size: Number(size) || 0, path: line.slice(tab + 1) };
}
