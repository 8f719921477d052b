import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import type { Environments } from '../../../app/compute/compute.ts';
import {
  archiveEnvironment,
  archivePrefix,
  EnvironmentDamaged,
  nameOnMachine,
  restoreEnvironment,
} from '../../../app/orchestrator/environment/archive-environment.ts';
import { createMemoryArtifacts } from '../../../app/store/artifacts/memory-artifacts.ts';

const MADE = { key: 'a'.repeat(64), madeAt: new Date(1_000) };
const NAME = nameOnMachine(MADE);
const LIMIT = { maxBytes: 64 * 1024 * 1024 };

/** A machine that keeps environments as bytes. */
function createMachine(): Environments & { readonly kept: Map<string, Buffer> } {
  const kept = new Map<string, Buffer>();
  return {
    kept,
    scope: 'repository',
    toolchain: async () => 'test',
    has: async (key) => kept.has(key),
    keep: async () => undefined,
    pack: async (key, { to }) => pipeline(Readable.from([kept.get(key) ?? Buffer.alloc(0)]), to),
    unpack: async (key, archive) => {
      const chunks: Buffer[] = [];
      for await (const chunk of archive as AsyncIterable<Buffer>) {
        chunks.push(chunk);
      }
      kept.set(key, Buffer.concat(chunks));
    },
    remove: async (key) => void kept.delete(key),
    prune: async () => undefined,
  };
}

async function archive(bytes: Buffer) {
  const artifacts = createMemoryArtifacts();
  const here = createMachine();
  here.kept.set(NAME, bytes);
  const kept = await archiveEnvironment(MADE, { environments: here, artifacts, ...LIMIT });
  return { artifacts, kept };
}

/** Does not compress, so that there are several parts. */
function noise(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0, seed = 1; at < bytes; at += 4) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    buffer.writeUInt32LE(seed, at);
  }
  return buffer;
}

test.each([0, 12, 20 * 1024 * 1024])(
  'what was archived on one machine is restored on another: %i bytes',
  async (bytes) => {
    const content = noise(bytes);
    const { artifacts, kept } = await archive(content);
    const there = createMachine();
    await restoreEnvironment(kept, { environments: there, artifacts, ...LIMIT });
    expect(there.kept.get(NAME)?.equals(content)).toBe(true);
    expect(kept.parts).toBe(bytes > 16 * 1024 * 1024 ? 2 : 1);
  },
);

test.each<[string, (bytes: Uint8Array) => Uint8Array | null]>([
  ['a byte is another', (bytes) => Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 3 ? byte ^ 1 : byte))],
  ['the end is missing', (bytes) => bytes.subarray(0, bytes.length - 5)],
  ['something was added', (bytes) => Buffer.concat([bytes, Buffer.from('x')])],
  ['it is no archive', () => Buffer.from('hello')],
  ['a part is gone', () => null],
])('an archive is found to be damaged, and nothing of it kept, when %s', async (_name, damage) => {
  const { artifacts, kept } = await archive(noise(1_000));
  const key = `${archivePrefix(MADE)}/0000.zst`;
  const bytes = damage((await artifacts.get(key)) ?? new Uint8Array());
  await (bytes === null ? artifacts.remove(key) : artifacts.put(key, bytes));
  const there = createMachine();
  const restoring = restoreEnvironment(kept, { environments: there, artifacts, ...LIMIT });
  await expect(restoring).rejects.toBeInstanceOf(EnvironmentDamaged);
  expect([...there.kept.keys()]).toEqual([]);
});
