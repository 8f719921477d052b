import { readFileSync, rmSync } from 'node:fs';
import { AnyJob } from '../protocol/index.ts';

export type ReadJob = { readonly ok: true; readonly job: AnyJob } | { readonly ok: false; readonly reason: string };

/**
 * Reads the job and removes it before anything else happens: it holds the door's token, and what runs after this is not
 * trusted with the file.
 */
export function readJob(file: string | undefined): ReadJob {
  if (file === undefined) {
    return { ok: false, reason: 'Give the path of the job file as the only argument.' };
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
    rmSync(file);
  } catch (error) {
    return { ok: false, reason: `The job file could not be read and removed: ${(error as Error).message}` };
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's message would quote the file
    return { ok: false, reason: 'The job file is not JSON.' };
  }
  const parsed = AnyJob.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { ok: false, reason: `The job file is wrong at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
  }
  return { ok: true, job: parsed.data };
}

/**
 * What programs the worker starts find in their environment: how to find programs and a home, what the image of the worker
 * sets, and no secret.
 */
export function readBaseEnvironment(image: Readonly<Record<string, string>> = {}): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ'] as const;
  const given = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const own = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', ...Object.fromEntries(given), CI: '1' };
  return { ...image, ...own };
}
