import { expect, test } from 'vitest';

import { artifactKey, type Artifacts } from '../../app/store/artifacts.ts';

export const CONTRACT_MAX_LOG_BYTES = 100;

const at = { taskId: '01JDQ3W1Q0TASK0000000000AA', epoch: 2 };
const log = artifactKey(at, 'worker.log');

/** What every implementation of the artifacts port does. `create` gives an empty one that caps logs at `CONTRACT_MAX_LOG_BYTES`. */
export function testArtifacts(create: () => Promise<Artifacts>): void {
  test('gives back the bytes that were put, whatever they are', async () => {
    const artifacts = await create();
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
    await artifacts.put(artifactKey(at, 'changes.patch'), bytes);
    expect(Buffer.from((await artifacts.get(artifactKey(at, 'changes.patch'))) ?? []).equals(bytes)).toBe(true);
  });

  test('a put of the same key replaces what was there', async () => {
    const artifacts = await create();
    await artifacts.put(log, Buffer.from('a long first version'));
    await artifacts.put(log, Buffer.from('second'));
    expect(await read(artifacts, log)).toBe('second');
  });

  test('does not change what is stored when the caller changes its bytes', async () => {
    const artifacts = await create();
    const bytes = Buffer.from('before');
    await artifacts.put(log, bytes);
    bytes.write('after!');
    expect(await read(artifacts, log)).toBe('before');
  });

  test('a key that was never put is null', async () => {
    const artifacts = await create();
    expect(await artifacts.get(log)).toBeNull();
    await artifacts.put('a/1/log', Buffer.from('x'));
    expect(await artifacts.get('a/1')).toBeNull();
    expect(await artifacts.get('a/1/log/x')).toBeNull();
  });

  test('appends in the order they were asked for, also without waiting', async () => {
    const artifacts = await create();
    await Promise.all(Array.from({ length: 20 }, (_, index) => artifacts.append(log, Buffer.from(`${index};`))));
    expect(await read(artifacts, log)).toBe(Array.from({ length: 20 }, (_, index) => `${index};`).join(''));
  });

  test('keeps the beginning of a log that grows too long, then one marker line, and no more', async () => {
    const artifacts = await create();
    await artifacts.append(log, Buffer.from('x'.repeat(60)));
    await artifacts.append(log, Buffer.from('y'.repeat(60)));
    await artifacts.append(log, Buffer.from('z'));
    const text = await read(artifacts, log);
    expect(text.slice(0, 100)).toBe('x'.repeat(60) + 'y'.repeat(40));
    expect(text.slice(100)).toMatch(/^\n\[.*100 bytes.*\]\n$/);
  });

  test('a log that fits exactly has no marker until more comes', async () => {
    const artifacts = await create();
    await artifacts.append(log, Buffer.from('x'.repeat(CONTRACT_MAX_LOG_BYTES)));
    expect(await read(artifacts, log)).toBe('x'.repeat(CONTRACT_MAX_LOG_BYTES));
    await artifacts.append(log, Buffer.from('y'));
    expect((await read(artifacts, log)).slice(CONTRACT_MAX_LOG_BYTES)).toMatch(/^\n\[The log is longer/);
  });

  test('lists and removes by whole parts of the key', async () => {
    const artifacts = await create();
    for (const key of ['a/1/log', 'a/10/log', 'a/1/patch', 'b/1/log']) {
      await artifacts.put(key, Buffer.from(key));
    }
    expect(await artifacts.list('a/1')).toEqual(['a/1/log', 'a/1/patch']);
    expect(await artifacts.list('a/1/')).toEqual(['a/1/log', 'a/1/patch']);
    expect(await artifacts.list('a/1/log')).toEqual(['a/1/log']);
    expect(await artifacts.list('a')).toEqual(['a/1/log', 'a/1/patch', 'a/10/log']);
    expect(await artifacts.list('')).toHaveLength(4);
    expect(await artifacts.list('c')).toEqual([]);
    await artifacts.remove('a/1');
    expect(await artifacts.list('')).toEqual(['a/10/log', 'b/1/log']);
    await artifacts.remove('c');
  });

  test.each([
    '',
    '/',
    '../x',
    'a/../../x',
    '/etc/passwd',
    'a//b',
    'a/./b',
    '.hidden',
    'a\0b',
    'a\\b',
    '-rf',
    'ä',
    'a/',
  ])('refuses the key %j in every operation that writes or reads one', async (key) => {
    const artifacts = await create();
    await expect(artifacts.put(key, Buffer.from('x'))).rejects.toThrow(/artifact key/);
    await expect(artifacts.append(key, Buffer.from('x'))).rejects.toThrow(/artifact key/);
    await expect(artifacts.get(key)).rejects.toThrow(/artifact key/);
  });

  test.each(['', '/', '..', 'a/..'])('refuses to remove %j', async (prefix) => {
    const artifacts = await create();
    await artifacts.put('a/1/log', Buffer.from('x'));
    await expect(artifacts.remove(prefix)).rejects.toThrow(/artifact key/);
    expect(await artifacts.list('')).toEqual(['a/1/log']);
  });
}

async function read(artifacts: Artifacts, key: string): Promise<string> {
  return Buffer.from((await artifacts.get(key)) ?? []).toString();
}
