import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { RECEIVE_LIMITS } from '../attempt/attempt.ts';
import { killGit, spawnGit } from '../run-git.ts';
import { decidePush } from './decide-push.ts';
import { gitAnswer, plainAnswer, type GitCall, type GitHttpResponse } from './git-http.ts';
import { answerOnceStored } from './answer-once-stored.ts';
import { parsePush, type Push } from './parse-push.ts';
import { BodyTooLarge } from './read-git-body.ts';
import { refusePush } from './refuse-push.ts';

const TIMEOUT_MS = 3 * 60_000;
const MAX_COMMAND_BYTES = 64 * 1024;
const MAX_REPORT_BYTES = 1024 * 1024;
const PACK_HEADER_BYTES = 12;
/** No single object may ask for more memory than this while a pack is taken in. */
const ALLOC_LIMIT = '64m';
/** Larger files are written down as they are unpacked, and never held in memory as a whole. */
const BIG_FILE = '8m';
/** A worker pushes one after the other; several at once wait, and too many are refused. */
const MAX_WAITING = 4;
const taking = new Map<string, { last: Promise<unknown>; count: number }>();

/**
 * Answers `POST git-receive-pack`. What is asked for is read and validated before git sees a byte; what git then receives is
 * checked by `index-pack --strict` in its own quarantine.
 */
export async function receivePack(call: GitCall): Promise<GitHttpResponse> {
  try {
    return await receive(call);
  } catch (error) {
    if (error instanceof BodyTooLarge) {
      const reason = `a push may have at most ${RECEIVE_LIMITS.packBytes} bytes`;
      return { ...plainAnswer(413, `${reason}; push less.`), refused: { code: 'TOO_LARGE', reason } };
    }
    if (isBadBody(error)) {
      return badRequest('the body does not match its encoding');
    }
    throw error;
  }
}

async function receive(call: GitCall): Promise<GitHttpResponse> {
  const chunks = call.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const head = await readHead(chunks);
  if (head === null) {
    return badRequest('the body is not a git push');
  }
  const { bytes, push } = head;
  if (push.commands.length === 0 && push.extras.length === 0) {
    await drain(chunks);
    return gitAnswer('git-receive-pack-result', Buffer.alloc(0));
  }
  const decision = decidePush(push, call.repository.workBranch);
  const refusal = decision.allowed ? await findExcess(call, bytes.subarray(push.length)) : refusalOf(decision);
  if (refusal !== null) {
    await drain(chunks);
    const answer = refusePush(push, `${refusal.code}: ${refusal.reason}`);
    return { ...gitAnswer('git-receive-pack-result', answer), refused: refusal };
  }
  return oneAtATime(call.repository.path, () => takeIn(call, { bytes, chunks }));
}

/** Unpacking is what costs memory, so there is one of it for each repository at a time, however many pushes come. */
export async function oneAtATime(repository: string, take: () => Promise<GitHttpResponse>): Promise<GitHttpResponse> {
  const line = taking.get(repository) ?? { last: Promise.resolve(), count: 0 };
  if (line.count > MAX_WAITING) {
    return plainAnswer(429, 'too many concurrent pushes: push again when the others have finished.');
  }
  const taken = line.last.then(take, take);
  const place = { last: taken, count: line.count + 1 };
  taking.set(repository, place);
  try {
    return await taken;
  } finally {
    const now = taking.get(repository);
    if (now !== undefined && now.count > 1) {
      taking.set(repository, { ...now, count: now.count - 1 });
    } else {
      taking.delete(repository);
    }
  }
}

type Refusal = NonNullable<GitHttpResponse['refused']>;

function refusalOf(decision: { ref: string; reason: string }): Refusal {
  return { code: 'REF_NOT_ALLOWED', reason: decision.reason };
}

/** The commands, and as much of the pack as its header needs. Null when this is no push. */
async function readHead(chunks: AsyncIterator<Buffer>): Promise<{ bytes: Buffer; push: Push } | null> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const parsed = parsePush(bytes);
    if (parsed.kind === 'malformed' || (parsed.kind === 'short' && bytes.length > MAX_COMMAND_BYTES)) {
      return null;
    }
    if (parsed.kind === 'push' && bytes.length >= parsed.push.length + PACK_HEADER_BYTES) {
      return { bytes, push: parsed.push };
    }
    const next = await chunks.next();
    if (next.done === true) {
      return parsed.kind === 'push' ? { bytes, push: parsed.push } : null;
    }
    bytes = Buffer.concat([bytes, next.value]);
  }
}

/** A pack of too many objects, or one more push than the repository may hold. */
async function findExcess(call: GitCall, pack: Buffer): Promise<Refusal | null> {
  const isPack = pack.length >= PACK_HEADER_BYTES && pack.toString('latin1', 0, 4) === 'PACK';
  const objects = isPack ? pack.readUInt32BE(8) : 0;
  if (objects > RECEIVE_LIMITS.objects) {
    return { code: 'TOO_LARGE', reason: `a push may have ${RECEIVE_LIMITS.objects} objects, found ${objects}` };
  }
  const usedBytes = await measurePacks(join(call.repository.path, 'objects', 'pack'));
  if (usedBytes > RECEIVE_LIMITS.repositoryBytes) {
    return { code: 'TOO_LARGE', reason: `all pushes together may have ${RECEIVE_LIMITS.repositoryBytes} bytes` };
  }
  return null;
}

async function measurePacks(directory: string): Promise<number> {
  const names = await readdir(directory);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function takeIn(
  call: GitCall,
  input: { bytes: Buffer; chunks: AsyncIterator<Buffer> },
): Promise<GitHttpResponse> {
  const child = spawnGit({
    args: ['receive-pack', '--stateless-rpc', call.repository.path],
    config: { 'core.bigFileThreshold': BIG_FILE },
    variables: {
      GIT_ALLOC_LIMIT: ALLOC_LIMIT,
      GIT_COMMITTER_NAME: 'Bosun worker',
      GIT_COMMITTER_EMAIL: 'worker@bosun.invalid',
    },
  });
  const stop = (): void => killGit(child);
  const timer = setTimeout(stop, TIMEOUT_MS);
  call.signal?.addEventListener('abort', stop, { once: true });
  child.stderr.resume();
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve);
    child.on('error', reject);
  });
  try {
    const [report] = await Promise.all([
      collect(child.stdout, stop),
      feed(input, child.stdin).catch((error: unknown) => {
        stop();
        throw error;
      }),
    ]);
    const exitCode = await ended;
    if (report.length === 0) {
      return plainAnswer(500, `git ended with ${exitCode ?? 'a signal'} and accepted nothing: push again.`);
    }
    return await answerOnceStored(call.keep, () => gitAnswer('git-receive-pack-result', report));
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', stop);
  }
}

async function feed(
  input: { bytes: Buffer; chunks: AsyncIterator<Buffer> },
  stdin: NodeJS.WritableStream & { destroyed?: boolean },
): Promise<void> {
  let closed = false;
  stdin.on('error', () => {
    // git has read all it needs and describes the rest in its report.
    closed = true;
  });
  let chunk: Buffer | null = input.bytes;
  while (chunk !== null) {
    if (!closed && !stdin.write(chunk)) {
      await writable(stdin);
    }
    const next: IteratorResult<Buffer> = await input.chunks.next();
    chunk = next.done === true ? null : next.value;
  }
  stdin.end();
}

function writable(stdin: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['drain', 'error', 'close']) {
      stdin.once(event, () => resolve());
    }
  });
}

async function collect(stream: Readable, stop: () => void): Promise<Buffer> {
  const parts: Buffer[] = [];
  let total = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    total += part.length;
    if (total > MAX_REPORT_BYTES) {
      stop();
      break;
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Reads the rest: a client that is still sending would not read our answer. */
async function drain(chunks: AsyncIterator<Buffer>): Promise<void> {
  while ((await chunks.next()).done !== true) {
    // Discarded.
  }
}

function badRequest(reason: string): GitHttpResponse {
  return { ...plainAnswer(400, `Expected a git push: ${reason}.`), refused: { code: 'BAD_REQUEST', reason } };
}

function isBadBody(error: unknown): boolean {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('Z_');
}
