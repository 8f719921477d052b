import { readObjects, readSizes } from './read-objects.ts';

/** Blobs by hash. */
export interface Blobs {
  readonly sizes: ReadonlyMap<string, number>;
  /** Bytes of all together. */
  readonly totalBytes: number;
  /** Without the blobs that were not read, because all together are too large. */
  readonly contents: ReadonlyMap<string, Buffer>;
}

/** Sizes of all, and the contents of as many, smallest first, as fit into `maxBytes`. */
export async function readBlobs(
  gitDir: string,
  request: { shas: readonly string[]; maxBytes: number },
): Promise<Blobs> {
  const found = await readSizes(gitDir, request.shas);
  const sizes = new Map([...found].map(([sha, { size }]) => [sha, size]));
  const chosen: string[] = [];
  let chosenBytes = 0;
  let totalBytes = 0;
  for (const [sha, size] of [...sizes].sort(([, one], [, other]) => one - other)) {
    totalBytes += size;
    if (totalBytes <= request.maxBytes) {
      chosen.push(sha);
      chosenBytes = totalBytes;
    }
  }
  return { sizes, totalBytes, contents: await readObjects(gitDir, { shas: chosen, maxBytes: chosenBytes }) };
}
