import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AnyJob } from '../../../protocol/index.ts';
import type { SessionRef } from '../compute.ts';
import { sessionDirectory } from '../session/session-directory.ts';
import { unlessMissing } from '../environments/environment-directory.ts';

/**
 * What waits at the door for workers on other machines. Orchestrator and door share the directory, so that neither has
 * to know the other: `.waiting/<hash of the code>` is a job, `<session>/environment.tar` what the session starts from,
 * `<session>/made.tar` what it sent.
 */
export interface RemoteSessions {
  /** Lays out a job; resolves with the code that gets it. */
  offer(session: SessionRef, job: AnyJob): Promise<string>;
  /** Takes back a job that nobody came for. */
  withdraw(session: SessionRef): Promise<void>;
  /** Lets the session start from an archive. */
  lend(session: SessionRef, archive: string): Promise<void>;
  /** Path of what the session sent. */
  madeBy(session: SessionRef): string;
  join(code: string): Promise<{ job: unknown; restore: () => Promise<void> } | null>;
  openEnvironment(session: SessionRef): Promise<{ bytes: number; archive: Readable } | null>;
  keepEnvironment(session: SessionRef, archive: Readable, options: { maxBytes: number }): Promise<'kept' | 'too_large'>;
}

export function createRemoteSessions(root: string): RemoteSessions {
  const waiting = path.join(root, '.waiting');

  function placeOf(code: string): string {
    return path.join(waiting, createHash('sha256').update(code).digest('hex'));
  }

  async function ownDirectory(session: SessionRef): Promise<string> {
    const { path: directory } = sessionDirectory(root, session);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return directory;
  }

  async function withdraw(session: SessionRef): Promise<void> {
    const note = path.join(sessionDirectory(root, session).path, 'waiting');
    const name = await readFile(note, 'utf8').catch(unlessMissing);
    if (name !== null) {
      await rm(path.join(waiting, path.basename(name)), { force: true });
    }
  }

  return {
    async offer(session, job) {
      await withdraw(session);
      const code = randomBytes(32).toString('hex');
      const place = placeOf(code);
      await mkdir(waiting, { recursive: true, mode: 0o700 });
      await chmod(waiting, 0o700);
      await writeFile(path.join(await ownDirectory(session), 'waiting'), path.basename(place), { mode: 0o600 });
      await writeFile(place, JSON.stringify(job), { mode: 0o600 });
      return code;
    },
    withdraw,
    async lend(session, archive) {
      await link(archive, path.join(await ownDirectory(session), 'environment.tar'));
    },
    madeBy: (session) => path.join(sessionDirectory(root, session).path, 'made.tar'),
    async join(code) {
      const place = placeOf(code);
      const taken = `${place}.${randomBytes(4).toString('hex')}`;
      // Of two that come at once, one gets it
      if ((await rename(place, taken).catch(unlessMissing)) === null) {
        return null;
      }
      const text = await readFile(taken, 'utf8');
      await rm(taken);
      return { job: JSON.parse(text), restore: () => writeFile(place, text, { mode: 0o600 }) };
    },
    async openEnvironment(session) {
      const file = path.join(sessionDirectory(root, session).path, 'environment.tar');
      const found = await stat(file).catch(unlessMissing);
      return found === null ? null : { bytes: found.size, archive: createReadStream(file) };
    },
    async keepEnvironment(session, archive, { maxBytes }) {
      const made = path.join(await ownDirectory(session), 'made.tar');
      const draft = `${made}.${randomBytes(4).toString('hex')}`;
      try {
        let bytes = 0;
        const count = new Transform({
          transform(chunk: Buffer, _encoding, done) {
            bytes += chunk.length;
            done(bytes > maxBytes ? new TooLarge() : null, chunk);
          },
        });
        await pipeline(archive, count, createWriteStream(draft, { mode: 0o600 }));
        await rename(draft, made);
        return 'kept';
      } catch (error) {
        await rm(draft, { force: true });
        if (error instanceof TooLarge) {
          return 'too_large';
        }
        throw error;
      }
    },
  };
}

class TooLarge extends Error {}
