import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { Environments } from '../../compute/compute.ts';
import type { Artifacts } from '../../store/artifacts.ts';
import type { KeptEnvironment } from '../../store/environments.ts';

const PART_BYTES = 16 * 1024 * 1024;
/** Quick: packing is work that a task waits for, and most of what is packed was compressed before. */
const LEVEL = 1;

/** The archive of an environment is gone, cut off, or not the one that was kept. */
export class EnvironmentDamaged extends Error {
  override readonly name = 'EnvironmentDamaged';
}

/** Name of an environment on a machine: one that was made again is another. */
export function nameOnMachine(environment: { key: string; madeAt: Date }): string {
  return `${environment.key}-${environment.madeAt.getTime()}`;
}

/** Packs an environment into artifacts, from where any machine can take it. */
export async function archiveEnvironment(
  made: { key: string; madeAt: Date },
  given: { environments: Environments; artifacts: Pick<Artifacts, 'put'>; maxBytes: number },
): Promise<KeptEnvironment> {
  const hash = createHash('sha256');
  let parts = 0;
  let bytes = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  async function putPart(): Promise<void> {
    await given.artifacts.put(partKey(made, parts), Buffer.concat(waiting));
    parts += 1;
    waiting = [];
    waitingBytes = 0;
  }
  /** Takes the compressed bytes, and puts a part whenever enough have come. */
  async function take(chunks: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      waiting.push(chunk);
      waitingBytes += chunk.length;
      bytes += chunk.length;
      if (waitingBytes >= PART_BYTES) {
        await putPart();
      }
    }
    await putPart();
  }
  const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });
  const written = pipeline(compress, take);
  await Promise.all([
    given.environments.pack(nameOnMachine(made), { maxBytes: given.maxBytes, to: compress }),
    written,
  ]);
  return { ...made, sha256: hash.digest('hex'), parts, bytes };
}

/** Unpacks a kept environment on this machine. Rejects with `EnvironmentDamaged`, with nothing unpacked, when it is not whole. */
export async function restoreEnvironment(
  kept: KeptEnvironment,
  given: { environments: Environments; artifacts: Pick<Artifacts, 'get'>; maxBytes: number },
): Promise<void> {
  const hash = createHash('sha256');
  async function* readParts(): AsyncGenerator<Uint8Array> {
    for (let part = 0; part < kept.parts; part += 1) {
      const bytes = await given.artifacts.get(partKey(kept, part));
      if (bytes === null) {
        throw new EnvironmentDamaged(`part ${part} of the environment ${kept.key} is gone`);
      }
      hash.update(bytes);
      yield bytes;
    }
    if (hash.digest('hex') !== kept.sha256) {
      throw new EnvironmentDamaged(`the environment ${kept.key} is not the one that was kept`);
    }
  }
  const decompress = createZstdDecompress();
  const read = pipeline(Readable.from(readParts(), { objectMode: false }), decompress).catch((error: unknown) => {
    throw isDataError(error) ? new EnvironmentDamaged(`the environment ${kept.key} cannot be unpacked`) : error;
  });
  const unpacked = given.environments.unpack(nameOnMachine(kept), decompress, { maxBytes: given.maxBytes });
  const [reading, unpacking] = await Promise.allSettled([read, unpacked]);
  if (reading.status === 'rejected') {
    await given.environments.remove(nameOnMachine(kept));
    throw reading.reason;
  }
  if (unpacking.status === 'rejected') {
    throw new EnvironmentDamaged(`the environment ${kept.key} cannot be unpacked: ${String(unpacking.reason)}`);
  }
}

export function archivePrefix(made: { key: string; madeAt: Date }): string {
  return `environments/${made.key}/${made.madeAt.getTime()}`;
}

function partKey(made: { key: string; madeAt: Date }, part: number): string {
  return `${archivePrefix(made)}/${String(part).padStart(4, '0')}.zst`;
}

/** Of zlib: the bytes are no such archive. */
function isDataError(error: unknown): boolean {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('ZSTD_');
}
