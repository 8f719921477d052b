import { randomBytes } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkWritable } from '../../actions/issue-actions.ts';
import { emailOf } from '../../git/bare-repository.ts';
import { readCommit } from '../../git/history.ts';
import { runGit, tryGit } from '../../git/run-git.ts';
import {
  actorOf,
  created,
  param,
  ok,
  repositoryOf,
  textField,
  type Exchange,
  type Reply,
} from '../../http/exchange.ts';
import { notFound, RestError } from '../../http/rest-error.ts';
import type { Route } from '../../http/route.ts';
import { verificationJson } from '../../json/commit-json.ts';
import { nodeId, type Json } from '../../json/user-json.ts';
import { fullName } from '../../state/find.ts';
import type { Repository, World } from '../../state/world.ts';

const READ = { permissions: ['contents:read'] };
const WRITE = { permissions: ['contents:write'] };

/** Objects of git, made one by one. */
export function objectRoutes(): Route[] {
  return [
    { method: 'POST', path: '/repos/{owner}/{repo}/git/blobs', need: WRITE, handle: createBlob },
    { method: 'POST', path: '/repos/{owner}/{repo}/git/trees', need: WRITE, handle: createTree },
    { method: 'POST', path: '/repos/{owner}/{repo}/git/commits', need: WRITE, handle: createCommit },
    { method: 'GET', path: '/repos/{owner}/{repo}/git/commits/{commit_sha}', need: READ, handle: getCommit },
  ];
}

function urlOf(exchange: Exchange, path: string): string {
  return `${exchange.world.apiUrl}/repos/${fullName(repositoryOf(exchange))}/git/${path}`;
}

async function createBlob(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  checkWritable(repository);
  const encoding = textField(exchange, 'encoding') === 'base64' ? 'base64' : 'utf8';
  const bytes = Buffer.from(textField(exchange, 'content') ?? '', encoding);
  const sha = await writeBlob(repository.dir, bytes);
  return created({ sha, url: urlOf(exchange, `blobs/${sha}`) } as Json);
}

function writeBlob(dir: string, bytes: Buffer): Promise<string> {
  return runGit(dir, ['hash-object', '-w', '--stdin'], bytes);
}

interface TreeEntry {
  path?: string;
  mode?: string;
  type?: string;
  sha?: string | null;
  content?: string;
}

/** As GitHub: entries by their whole path over a base, `sha: null` takes one out, a folder without files goes. */
async function createTree(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  checkWritable(repository);
  const { dir } = repository;
  const base = textField(exchange, 'base_tree');
  const entries = (exchange.body['tree'] ?? []) as TreeEntry[];
  const files = new Map<string, string>();
  if (base !== undefined) {
    const listing = await tryGit(dir, ['ls-tree', '-r', '-z', '--full-tree', base]);
    if (listing.code !== 0) {
      throw new RestError(422, 'base_tree is not a valid tree oid');
    }
    for (const line of listing.stdout.toString('utf8').split('\0').filter(Boolean)) {
      files.set(line.slice(line.indexOf('\t') + 1), line.slice(0, line.indexOf('\t')));
    }
  }
  for (const entry of entries) {
    await applyEntry(dir, files, entry);
  }
  if (files.size === 0) {
    throw new RestError(422, 'Invalid tree info');
  }
  const sha = await writeTree(dir, files);
  const url = urlOf(exchange, `trees/${sha}`);
  return created({ sha, url, tree: [], truncated: false } as Json);
}

async function applyEntry(dir: string, files: Map<string, string>, entry: TreeEntry): Promise<void> {
  const { path = '', mode = '' } = entry;
  if (path === '' || mode === '' || (entry.sha !== undefined && entry.content !== undefined)) {
    throw new RestError(422, 'Invalid tree info');
  }
  if (entry.sha === null) {
    files.delete(path);
    return;
  }
  const sha = entry.sha ?? (await writeBlob(dir, Buffer.from(entry.content ?? '')));
  const isKnown = mode === '160000' || (await tryGit(dir, ['cat-file', '-e', sha])).code === 0;
  if (!isKnown) {
    throw new RestError(422, `tree.sha ${sha} is not a valid blob`);
  }
  // A file cannot stand where a folder is, nor the other way round; GitHub does not say what it makes of that.
  const clash = [...files.keys()].find((other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`));
  if (clash !== undefined) {
    throw new RestError(422, `${path} and ${clash} exclude each other`);
  }
  files.set(path, `${mode} ${mode === '160000' ? 'commit' : 'blob'} ${sha}`);
}

/** Writes a tree and those below it. */
async function writeTree(dir: string, files: ReadonlyMap<string, string>): Promise<string> {
  const lines: string[] = [];
  const folders = new Map<string, Map<string, string>>();
  for (const [path, entry] of files) {
    const slash = path.indexOf('/');
    if (slash === -1) {
      lines.push(`${entry}\t${path}`);
    } else {
      const name = path.slice(0, slash);
      const below = folders.get(name) ?? new Map<string, string>();
      folders.set(name, below.set(path.slice(slash + 1), entry));
    }
  }
  for (const [name, below] of folders) {
    lines.push(`040000 tree ${await writeTree(dir, below)}\t${name}`);
  }
  return runGit(dir, ['mktree', '-z', '--missing'], lines.map((line) => `${line}\0`).join(''));
}

/**
 * A commit. One that an app makes without an author, a committer or a date is signed by GitHub, so the same request makes
 * another commit every time.
 */
async function createCommit(exchange: Exchange): Promise<Reply> {
  const { world } = exchange;
  const repository = repositoryOf(exchange);
  checkWritable(repository);
  const tree = textField(exchange, 'tree') ?? '';
  const parents = (exchange.body['parents'] ?? []) as string[];
  if ((await tryGit(repository.dir, ['cat-file', '-e', `${tree}^{tree}`])).code !== 0) {
    throw new RestError(422, 'Tree SHA does not exist');
  }
  for (const parent of parents) {
    if ((await tryGit(repository.dir, ['cat-file', '-e', `${parent}^{commit}`])).code !== 0) {
      throw new RestError(422, 'Parent SHA does not exist or is not a commit object');
    }
  }
  const user = actorOf(exchange).user;
  const isApp = exchange.caller.kind === 'token' && exchange.caller.token.kind !== 'user';
  const isSigned = isApp && exchange.body['author'] === undefined && exchange.body['committer'] === undefined;
  const when = `${Math.floor(world.now().getTime() / 1000)} +0000`;
  const author = (exchange.body['author'] ?? { name: user.login, email: emailOf(user) }) as Record<string, string>;
  const committer = isSigned ? { name: 'GitHub', email: 'noreply@github.com' } : author;
  const lines = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${author['name']} <${author['email']}> ${when}`,
    `committer ${committer['name']} <${committer['email']}> ${when}`,
    ...(isSigned
      ? [
          `gpgsig -----BEGIN PGP SIGNATURE-----`,
          ` `,
          ` ${randomBytes(48).toString('base64')}`,
          ' -----END PGP SIGNATURE-----',
        ]
      : []),
  ];
  const content = `${lines.join('\n')}\n\n${textField(exchange, 'message') ?? ''}`;
  const sha = await runGit(repository.dir, ['hash-object', '-w', '-t', 'commit', '--stdin'], content);
  if (isSigned) {
    repository.signedCommits.add(sha);
    await appendFile(join(repository.dir, 'signed-commits'), `${sha}\n`);
  }
  return created(await gitCommitJson(world, repository, sha));
}

async function getCommit(exchange: Exchange): Promise<Reply> {
  const repository = repositoryOf(exchange);
  return ok(await gitCommitJson(exchange.world, repository, param(exchange, 'commit_sha')));
}

async function gitCommitJson(world: World, repository: Repository, sha: string): Promise<Json> {
  const commit = await readCommit(repository.dir, sha);
  if (commit === undefined) {
    throw notFound();
  }
  const url = `${world.apiUrl}/repos/${fullName(repository)}/git`;
  const page = `${world.url}/${fullName(repository)}/commit`;
  return {
    sha,
    node_id: nodeId(`Commit:${sha}`, repository.id),
    url: `${url}/commits/${sha}`,
    html_url: `${page}/${sha}`,
    author: commit.author,
    committer: commit.committer,
    message: commit.message,
    tree: { sha: commit.tree, url: `${url}/trees/${commit.tree}` },
    parents: commit.parents.map((parent) => ({
      sha: parent,
      url: `${url}/commits/${parent}`,
      html_url: `${page}/${parent}`,
    })),
    verification: verificationJson(repository, sha),
  };
}
