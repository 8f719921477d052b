import { posix } from 'node:path';
import { decodeText } from '../text/decode-text.ts';
import { isSha } from './is-branch-name.ts';
import { runGit } from './run-git.ts';

export interface DocumentRequest {
  readonly sha: string;
  readonly path: string;
  /** What is longer is read up to the last whole line within this. */
  readonly maxBytes: number;
  /** Whether a symbolic link may be followed to this path of the repository. */
  readonly mayFollow: (path: string) => boolean;
}

/** A document of a commit, or why it was not read. `why` continues from the path: `is larger than 1 MiB`. */
export type Document =
  | { readonly kind: 'text'; readonly text: string; readonly isCut: boolean }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly why: string };

const MOST_LINKS = 5;
const LONGEST_LINK = 4_096;
const LARGEST_BYTES = 1024 * 1024;

/** Reads a text that people wrote for agents. Links are followed within the repository only, and what is not read is named. */
export async function readDocument(gitDir: string, request: DocumentRequest): Promise<Document> {
  if (!isSha(request.sha)) {
    return { kind: 'absent' };
  }
  let { path } = request;
  for (let links = 0; links <= MOST_LINKS; links += 1) {
    const entry = await findEntry(gitDir, { sha: request.sha, path });
    if (entry === null) {
      return links === 0 ? { kind: 'absent' } : unreadable('is a link that leads to no file of this repository');
    }
    if (entry.mode !== '120000') {
      return readEntry(gitDir, entry, request);
    }
    const target = await resolveLink(gitDir, { entry, path });
    if (target === null) {
      return unreadable('is a link that leads out of this repository');
    }
    if (!request.mayFollow(target)) {
      return unreadable(`is a link to ${target}, a file that agents may change`);
    }
    path = target;
  }
  return unreadable('is a link that leads to too many other links');
}

interface Entry {
  readonly mode: string;
  readonly sha: string;
  readonly size: number;
}

async function findEntry(gitDir: string, at: { sha: string; path: string }): Promise<Entry | null> {
  const listing = await runGit({ gitDir, args: ['--literal-pathspecs', 'ls-tree', '-l', '-z', at.sha, '--', at.path] });
  const [line = ''] = listing.ok ? listing.stdout.toString('utf8').split('\0') : [];
  const [mode, , sha, size] = line.slice(0, Math.max(0, line.indexOf('\t'))).split(/ +/);
  return mode === undefined || mode === '' || sha === undefined ? null : { mode, sha, size: Number(size) };
}

async function readEntry(gitDir: string, entry: Entry, request: DocumentRequest): Promise<Document> {
  if (entry.mode === '040000') {
    return unreadable('is a folder');
  }
  if (entry.mode === '160000') {
    return unreadable('is a submodule');
  }
  if (entry.size > LARGEST_BYTES) {
    return unreadable('is larger than 1 MiB');
  }
  const content = await readBlob(gitDir, entry);
  if (content === null) {
    return unreadable('could not be read by git');
  }
  const isCut = content.length > request.maxBytes;
  const decoded = decodeText(isCut ? cutAtLine(content, request.maxBytes) : content);
  return decoded.ok ? { kind: 'text', text: decoded.text, isCut } : unreadable(decoded.why);
}

async function resolveLink(gitDir: string, link: { entry: Entry; path: string }): Promise<string | null> {
  const target = link.entry.size > LONGEST_LINK ? null : await readBlob(gitDir, link.entry);
  const text = target?.toString('utf8') ?? '/';
  const path = posix.join(posix.dirname(link.path), text);
  const isInside = !text.startsWith('/') && !/[\p{Cc}\\]/u.test(text) && path !== '..' && !path.startsWith('../');
  return isInside ? path : null;
}

async function readBlob(gitDir: string, { sha }: Entry): Promise<Buffer | null> {
  const content = await runGit({ gitDir, args: ['cat-file', 'blob', sha], maxOutputBytes: LARGEST_BYTES + 1 });
  return content.ok ? content.stdout : null;
}

/** Up to the last line end; without one, up to a whole character of UTF-8. */
function cutAtLine(content: Buffer, maxBytes: number): Buffer {
  const lineEnd = content.lastIndexOf(10, maxBytes - 1);
  let end = lineEnd > maxBytes / 2 ? lineEnd + 1 : maxBytes;
  while (end > 0 && ((content[end] ?? 0) & 0xc0) === 0x80) {
    end -= 1;
  }
  return content.subarray(0, end);
}

function unreadable(why: string): Document {
  return { kind: 'unreadable', why };
}

/** What a path of a commit is, links within the repository followed. */
export async function pathKind(
  gitDir: string,
  at: { sha: string; path: string },
): Promise<'folder' | 'file' | 'absent'> {
  if (!isSha(at.sha)) {
    return 'absent';
  }
  const args = ['cat-file', '--batch-check', '--follow-symlinks'];
  const checked = await runGit({ gitDir, args, input: `${at.sha}:${at.path}\n` });
  const type = checked.ok ? /^[0-9a-f]{40,64} (tree|blob) \d+\n/.exec(checked.stdout.toString('utf8'))?.[1] : undefined;
  if (type === undefined) {
    return 'absent';
  }
  return type === 'tree' ? 'folder' : 'file';
}
