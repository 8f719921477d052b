import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { explainError } from './explain-error.ts';
import { makePrivate, type Home } from './prepare-home.ts';
import type { ServerUser } from './server-user.ts';

export const DATABASE_USER = 'bosun';
export const DATABASE_NAME = 'postgres';

const DRAFT_PREFIX = 'new-';

/**
 * Makes the data directory if there is none: UTF-8, dates and sorting independent of the system, checksums. It is made
 * beside its place and then moved there, so a stop in the middle leaves nothing that looks like data.
 */
export async function initializeData(options: {
  home: Home;
  user: ServerUser;
  programs: string;
  durable: boolean;
}): Promise<void> {
  const { home, user, programs } = options;
  for (const name of readdirSync(home.directory)) {
    if (name.startsWith(DRAFT_PREFIX)) {
      rmSync(join(home.directory, name), { recursive: true, force: true });
    }
  }
  const draft = join(home.directory, `${DRAFT_PREFIX}${process.pid}`);
  makePrivate(draft, user);
  const args = [
    `--pgdata=${draft}`,
    `--username=${DATABASE_USER}`,
    '--auth-local=peer',
    '--auth-host=reject',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--locale=C.UTF-8',
    '--no-instructions',
    ...(options.durable ? [] : ['--no-sync']),
  ];
  const result = await run(join(programs, 'bin', 'initdb'), args, { user, cwd: home.directory });
  if (result.exitCode !== 0) {
    rmSync(draft, { recursive: true, force: true });
    throw explainError('The embedded database could not be set up', result.output, home.directory);
  }
  renameSync(draft, home.data);
}

/** Throws when the data was made by another major version: PostgreSQL does not read it. */
export function checkDataVersion(home: Home, major: string): void {
  const found = readFileSync(join(home.data, 'PG_VERSION'), 'utf8').trim();
  if (found !== major) {
    throw new Error(
      `The data in ${home.data} was created by PostgreSQL ${found}, and this Bosun includes PostgreSQL ${major}, which cannot read it. ` +
        'Start the Bosun that made it and copy its database to a PostgreSQL server with pg_dump, then set DATABASE_URL; ' +
        'or move the directory away to start with an empty database.',
    );
  }
}

export function hasData(home: Home): boolean {
  return existsSync(join(home.data, 'PG_VERSION'));
}

/** Who may connect: only the user of this process, over the socket, vouched for by the kernel. Written at every start. */
export function writeAccessRules(home: Home): void {
  const name = userInfo().username.replaceAll('"', '""');
  writeFileSync(join(home.data, 'pg_hba.conf'), `local all ${DATABASE_USER} peer map=bosun\n`);
  writeFileSync(join(home.data, 'pg_ident.conf'), `bosun "${name}" ${DATABASE_USER}\n`);
}

/** The environment of the server and its tools: nothing of ours, which holds secrets. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

export function identityOf(user: ServerUser): { uid?: number; gid?: number } {
  return user.switched ? { uid: user.uid, gid: user.gid } : {};
}

function run(
  program: string,
  args: readonly string[],
  as: { user: ServerUser; cwd: string },
): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: as.cwd,
      env: serverEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...identityOf(as.user),
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}
