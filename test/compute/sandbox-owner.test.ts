import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { reserveOwner } from '../../app/compute/sandbox/sandbox-owner.ts';

const MODULE = new URL('../../app/compute/sandbox/sandbox-owner.ts', import.meta.url).href;

describe('a user for a sandbox', () => {
  test('is nobody else’s, however many processes of the machine ask at once', { timeout: 60_000 }, async () => {
    const directory = await makeDirectory();
    const script = `
      const { reserveOwner } = await import(${JSON.stringify(MODULE)});
      const uids = Array.from({ length: 20 }, () => reserveOwner(${JSON.stringify(directory)}).owner.uid);
      console.log(JSON.stringify(uids));
      process.stdin.resume();
      process.stdin.on('end', () => process.exit());`;
    const processes = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const answers = await Promise.all(
      processes.map(async (child) => {
        const [line] = (await once(child.stdout, 'data')) as [Buffer];
        return JSON.parse(line.toString()) as number[];
      }),
    );
    const uids = answers.flat();
    expect(uids).toHaveLength(80);
    expect(new Set(uids).size).toBe(80);
    expect((await readdir(directory)).toSorted()).toEqual(uids.map(String).toSorted());
    // They die with all they had reserved; whoever reserves next finds that out.
    const ends = processes.map((child) => once(child, 'exit'));
    processes.forEach((child) => child.kill('SIGKILL'));
    await Promise.all(ends);
    const next = reserveOwner(directory);
    expect(await readdir(directory)).toEqual([String(next.owner.uid)]);
    next.release();
    expect(await readdir(directory)).toEqual([]);
  });

  test.runIf(process.getuid?.() === 0)('is kept while something still runs as it', async () => {
    const directory = await makeDirectory();
    const uid = 1_999_999_999;
    await writeFile(path.join(directory, String(uid)), '1 0');
    const orphan = spawn('/bin/sleep', ['1000'], { uid, gid: uid, stdio: 'ignore' });
    await once(orphan, 'spawn');
    reserveOwner(directory);
    expect(await readdir(directory)).toContain(String(uid));
    const ended = once(orphan, 'exit');
    orphan.kill('SIGKILL');
    await ended;
    reserveOwner(directory);
    expect(await readdir(directory)).not.toContain(String(uid));
  });

  test('is never the one before', async () => {
    const directory = await makeDirectory();
    const uids = Array.from({ length: 50 }, () => {
      const { owner, release } = reserveOwner(directory);
      release();
      return owner.uid;
    });
    expect(new Set(uids).size).toBe(50);
  });
});

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-users-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
