import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, lstat, readFile, rename, rm } from 'node:fs/promises';
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LFS_OBJECTS } from '../../protocol/index.ts';
import type { CheckoutPlace } from './checkout-place.ts';
import { retryDoor } from '../retry-door.ts';
import type { RetryWindow } from '../retry-door.ts';
import { git } from './run-git.ts';

const LARGEST_POINTER = 1_024;
const AT_A_TIME = 4;
const SILENCE_MS = 60_000;

/**
 * Puts the content of Git LFS in the place of its pointers, from the door. What cannot be had stays a pointer: people and
 * the agent were informed before this session began.
 */
export async function fetchLfs(
  { localEnv: env, remote, repository }: Pick<CheckoutPlace, 'localEnv' | 'remote' | 'repository'>,
  given: RetryWindow & { readonly token: string },
): Promise<readonly string[]> {
  const args = ['ls-files', '-z', '--', ':(top,attr:filter=lfs)'];
  const files = (await git({ args, cwd: repository, env })).split('\0').filter((file) => file !== '');
  const fetched: string[] = [];
  const waiting = [...files];
  async function run(): Promise<void> {
    for (let file = waiting.shift(); file !== undefined && !given.signal.aborted; file = waiting.shift()) {
      const place = path.join(repository, file);
      const pointer = await readPointer(place);
      const got =
        pointer !== null &&
        (await retryDoor(() => fetchOne({ ...given, place, pointer, remote }), {
          ...given,
          isWorthwhile: (failed) => !failed.ok && failed.isPassing,
        }));
      if (got !== false && got.ok) {
        fetched.push(file);
      }
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, run));
  return fetched;
}

/** So that a `git status` of the agent does not list what it did not change. Its own index only. */
export async function hideFetched(
  { localEnv: env, repository }: Pick<CheckoutPlace, 'localEnv' | 'repository'>,
  files: readonly string[],
): Promise<void> {
  if (files.length > 0) {
    const input = files.map((file) => `${file}\0`).join('');
    await git({ args: ['update-index', '--assume-unchanged', '-z', '--stdin'], cwd: repository, env, input });
  }
}

interface Pointer {
  readonly oid: string;
  readonly size: number;
  readonly mode: number;
}

async function readPointer(file: string): Promise<Pointer | null> {
  const found = await lstat(file).catch(() => null);
  if (found === null || !found.isFile() || found.size > LARGEST_POINTER) {
    return null;
  }
  const text = await readFile(file, 'utf8');
  const oid = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n/.exec(
    text,
  )?.[1];
  const size = /^size (\d{1,15})$/m.exec(text)?.[1];
  return oid === undefined || size === undefined ? null : { oid, size: Number(size), mode: found.mode };
}

type Got = { readonly ok: true } | { readonly ok: false; readonly isPassing: boolean };

async function fetchOne(one: {
  place: string;
  pointer: Pointer;
  remote: string;
  token: string;
  signal: AbortSignal;
}): Promise<Got> {
  const { place, pointer, signal } = one;
  const draft = `${place}.lfs-part`;
  const hash = createHash('sha256');
  try {
    const answer = await open(`${one.remote}${LFS_OBJECTS}${pointer.oid}`, one);
    if (answer.statusCode !== 200) {
      answer.resume();
      return { ok: false, isPassing: answer.statusCode === 429 || (answer.statusCode ?? 0) >= 500 };
    }
    answer.on('data', (chunk: Buffer) => hash.update(chunk));
    await pipeline(answer, createWriteStream(draft), { signal });
    const isRight = (await lstat(draft)).size === pointer.size && hash.digest('hex') === pointer.oid;
    if (isRight) {
      await chmod(draft, pointer.mode);
      await rename(draft, place);
    }
    return isRight ? { ok: true } : { ok: false, isPassing: true };
  } catch {
    return { ok: false, isPassing: true };
  } finally {
    await rm(draft, { force: true });
  }
}

function open(url: string, { signal, token }: { signal: AbortSignal; token: string }): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request } = url.startsWith('https:') ? https : http;
    const call = request(url, { headers: { authorization: `Bearer ${token}` }, timeout: SILENCE_MS, signal }, resolve);
    call.on('timeout', () => call.destroy(new Error('the door did not answer in time')));
    call.on('error', reject);
    call.end();
  });
}
