import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { takeStart } from '../../../protocol/index.ts';
import type { LfsPointer } from './list-pointers.ts';

export interface LfsRequest {
  /** Address of the repository for git. */
  readonly url: string;
  readonly token: string | null;
  readonly pointers: readonly Pick<LfsPointer, 'oid' | 'size'>[];
  readonly signal?: AbortSignal;
}

export type LfsFetched =
  /** What could not be had, by its id, with the reason to continue from "it is missing: ". */
  | { readonly ok: true; readonly problems: ReadonlyMap<string, string> }
  /** The server does not answer, or asks to wait. */
  | { readonly ok: false; readonly note: string };

const MEDIA_TYPE = 'application/vnd.git-lfs+json';
const BATCH = 100;
const AT_A_TIME = 4;
const REQUEST_MS = 60_000;
const DOWNLOAD_MS = 30 * 60_000;

const Action = z.object({ href: z.url(), header: z.record(z.string(), z.string()).optional() });
const BatchAnswer = z.object({
  objects: z.array(
    z.object({
      oid: z.string(),
      actions: z.object({ download: Action.optional() }).optional(),
      error: z.object({ code: z.number().optional(), message: z.string().optional() }).optional(),
    }),
  ),
});

/**
 * Fetches what Git LFS stores of a repository into a directory, each file under its id. A file is there only when its
 * bytes have the hash that is its name, so it is never half there.
 */
export async function fetchObjects(directory: string, request: LfsRequest): Promise<LfsFetched> {
  const problems = new Map<string, string>();
  const wanted = new Map<string, number>();
  for (const { oid, size } of request.pointers) {
    if (!(await exists(objectPath(directory, oid)))) {
      wanted.set(oid, size);
    }
  }
  const oids = [...wanted.keys()];
  for (let at = 0; at < oids.length; at += BATCH) {
    const objects = oids.slice(at, at + BATCH).map((oid) => ({ oid, size: wanted.get(oid) ?? 0 }));
    const answer = await askBatch(request, objects);
    if ('note' in answer) {
      return { ok: false, note: answer.note };
    }
    if ('refused' in answer) {
      objects.forEach(({ oid }) => problems.set(oid, answer.refused));
      continue;
    }
    const note = await downloadAll({ directory, objects, answer, problems, request });
    if (note !== null) {
      return { ok: false, note };
    }
  }
  return { ok: true, problems };
}

/** Where a file is kept below the directory of its repository. */
export function objectPath(directory: string, oid: string): string {
  return path.join(directory, oid.slice(0, 2), oid);
}

type Batch = z.infer<typeof BatchAnswer>;

async function askBatch(
  { signal, token, url }: LfsRequest,
  objects: readonly { oid: string; size: number }[],
): Promise<Batch | { note: string } | { refused: string }> {
  const basic = token === null ? null : Buffer.from(`x-access-token:${token}`).toString('base64');
  try {
    const answer = await fetch(`${url}/info/lfs/objects/batch`, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        accept: MEDIA_TYPE,
        'content-type': MEDIA_TYPE,
        ...(basic !== null && { authorization: `Basic ${basic}` }),
      },
      body: JSON.stringify({ operation: 'download', transfers: ['basic'], objects }),
      signal: anySignal(signal, REQUEST_MS),
    });
    if (answer.ok) {
      const parsed = BatchAnswer.safeParse(await answer.json());
      return parsed.success ? parsed.data : { refused: 'the LFS server sent an answer that cannot be read' };
    }
    await answer.body?.cancel();
    return answer.status >= 500 || answer.status === 429
      ? { note: `the LFS server answered with HTTP ${answer.status}` }
      : { refused: `the LFS server answered with HTTP ${answer.status}` };
  } catch (error) {
    return { note: `the LFS server did not answer: ${reasonOf(error)}` };
  }
}

/** A few at a time; resolves with a note when the store does not answer. */
async function downloadAll(work: {
  directory: string;
  objects: readonly { oid: string; size: number }[];
  answer: Batch;
  problems: Map<string, string>;
  request: LfsRequest;
}): Promise<string | null> {
  const { answer, directory, problems, request } = work;
  const waiting = [...work.objects];
  let note: string | null = null;
  async function run(): Promise<void> {
    for (let object = waiting.shift(); object !== undefined && note === null; object = waiting.shift()) {
      const { oid, size } = object;
      const found = answer.objects.find((each) => each.oid === oid);
      const download = found?.actions?.download;
      if (download === undefined || !isAllowed(download.href, request.url)) {
        problems.set(
          oid,
          takeStart(`the LFS server does not have it (${found?.error?.message ?? 'no reason given'})`, 300),
        );
        continue;
      }
      const got = await downloadOne(directory, { oid, size, download, signal: request.signal });
      if (got.kind === 'damaged') {
        problems.set(oid, got.why);
      } else if (got.kind === 'unavailable') {
        note ??= got.why;
      }
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, run));
  return note;
}

type Got = { readonly kind: 'got' } | { readonly kind: 'damaged' | 'unavailable'; readonly why: string };

async function downloadOne(
  directory: string,
  object: { oid: string; size: number; download: z.infer<typeof Action>; signal: AbortSignal | undefined },
): Promise<Got> {
  const { download, oid, size } = object;
  const file = objectPath(directory, oid);
  const draft = `${file}.${randomUUID()}.part`;
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    const answer = await fetch(download.href, {
      headers: download.header ?? {},
      signal: anySignal(object.signal, DOWNLOAD_MS),
    });
    if (!answer.ok || answer.body === null) {
      await answer.body?.cancel();
      const why = `the LFS store answered with HTTP ${answer.status}`;
      return { kind: answer.status >= 500 || answer.status === 429 ? 'unavailable' : 'damaged', why };
    }
    await pipeline(
      answer.body,
      async function* measure(chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          if (bytes > size) {
            throw new TooLong();
          }
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(draft, { mode: 0o600 }),
    );
    if (bytes !== size || hash.digest('hex') !== oid) {
      return {
        kind: 'damaged',
        why: `what the LFS store sent is not what its pointer says (${bytes} of ${size} bytes)`,
      };
    }
    await rename(draft, file);
    return { kind: 'got' };
  } catch (error) {
    return error instanceof TooLong
      ? { kind: 'damaged', why: `what the LFS store sent is longer than the ${size} bytes its pointer says` }
      : { kind: 'unavailable', why: `the LFS store did not answer: ${reasonOf(error)}` };
  } finally {
    await rm(draft, { force: true });
  }
}

class TooLong extends Error {}

/** Never less protected than the server itself. */
function isAllowed(href: string, serverUrl: string): boolean {
  const { protocol } = new URL(href);
  return protocol === 'https:' || (protocol === 'http:' && new URL(serverUrl).protocol === 'http:');
}

function anySignal(signal: AbortSignal | undefined, timeoutMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

/** Without addresses, which may hold a signature. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } }).cause?.code;
  return typeof cause === 'string' ? cause : (error as Error).name;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
