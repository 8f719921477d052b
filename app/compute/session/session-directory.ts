import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { SessionRef } from '../compute.ts';

/**
 * What is remembered of a session on disk, so that a process started later finds what an earlier one left behind:
 * `<root>/<task id>-<epoch>/` made exclusively (that is what makes starting idempotent), `session.json` once the worker
 * runs, `exit.json` once it has ended.
 */
export interface SessionDirectory {
  readonly key: string;
  readonly path: string;
  /** Where the worker writes in `process` mode, and in a sandbox that keeps its work on disk. */
  readonly work: string;
  readonly home: string;
  readonly temporary: string;
}

const SessionRecord = z.object({
  pid: z.number().int().min(2),
  /** Start time of the process in clock ticks since boot, which tells it from a later one with the same id. */
  startTicks: z.string().nullable(),
  uid: z.number().int().nullable(),
});
export type SessionRecord = z.infer<typeof SessionRecord>;

const ExitRecord = z.object({
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
  outOfMemory: z.boolean(),
  outputTail: z.string(),
});
export type ExitRecord = z.infer<typeof ExitRecord>;

const NAME = /^([A-Za-z0-9_-]{1,64})-([1-9]\d{0,8})$/;

/** Throws on a task id that is no plain name, because it becomes part of a path. */
export function sessionDirectory(root: string, session: SessionRef): SessionDirectory {
  const key = `${session.taskId}-${session.epoch}`;
  if (!NAME.test(key)) {
    throw new Error(`a session needs a task id of letters and digits and an epoch from 1 on, not ${key}`);
  }
  const at = path.join(root, key);
  return {
    key,
    path: at,
    work: path.join(at, 'work'),
    home: path.join(at, 'home'),
    temporary: path.join(at, 'tmp'),
  };
}

/** True for whoever made the directory, false for everybody after. */
export async function claimDirectory(directory: SessionDirectory): Promise<boolean> {
  await mkdir(path.dirname(directory.path), { recursive: true, mode: 0o711 });
  try {
    // The worker's user may pass through to its own places, and change nothing here
    await mkdir(directory.path, { mode: 0o711 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

export async function writeSessionRecord(directory: SessionDirectory, record: SessionRecord): Promise<void> {
  await writeWhole(path.join(directory.path, 'session.json'), record);
}

export async function writeExitRecord(directory: SessionDirectory, record: ExitRecord): Promise<void> {
  await writeWhole(path.join(directory.path, 'exit.json'), record);
}

export async function readSessionRecord(directory: SessionDirectory): Promise<SessionRecord | null> {
  return readRecord(path.join(directory.path, 'session.json'), SessionRecord);
}

export async function readExitRecord(directory: SessionDirectory): Promise<ExitRecord | null> {
  return readRecord(path.join(directory.path, 'exit.json'), ExitRecord);
}

export async function directoryExists(directory: SessionDirectory): Promise<boolean> {
  return readdir(directory.path).then(
    () => true,
    () => false,
  );
}

/** Every session that has a directory. */
export async function listSessions(root: string): Promise<SessionRef[]> {
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return [];
    }
    throw error;
  });
  return names.flatMap((name) => {
    const match = NAME.exec(name);
    return match === null ? [] : [{ taskId: match[1] as string, epoch: Number(match[2]) }];
  });
}

/** Removes a session's directory, however the worker left its permissions. */
export async function removeDirectory(directory: SessionDirectory): Promise<void> {
  await rm(directory.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}

async function writeWhole(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function readRecord<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return null;
    }
    throw error;
  }
  return schema.parse(JSON.parse(text));
}
