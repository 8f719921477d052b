import { createServer } from 'node:net';
import { fail, ok, skip, warn, type Check, type Examined } from '../check.ts';

const TIMEOUT_MS = 10_000;
/** GitHub takes tokens of an App that are a minute early or late. */
const MAX_DRIFT_S = 60;

/** Whether `bosun start` could listen on HOST and PORT. */
export async function checkPort({ config, broken }: Examined): Promise<Check> {
  const name = 'port';
  const { host, port } = config.http;
  if (broken.includes('HOST') || broken.includes('PORT')) {
    return skip(name, 'not tried: HOST or PORT is wrong');
  }
  const code = await new Promise<string | null>((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
  if (code === null) {
    return ok(name, `${host}:${port} is free`);
  }
  return code === 'EADDRINUSE'
    ? warn(
        name,
        `${host}:${port} is in use`,
        'No action needed if `bosun start` runs here. If not, stop the other program or set another PORT.',
      )
    : fail(
        name,
        `${host}:${port} cannot be listened on (${code})`,
        'Set HOST to an address of this machine, and PORT to one that this user may open.',
      );
}

/** Whether GITHUB_SERVER_URL answers, and whether the clock of this machine agrees with the API's. */
export async function checkGitHubServer({ config, broken }: Examined): Promise<Check[]> {
  const { apiUrl, serverUrl } = config.github;
  const [server, clock] = await Promise.all([
    broken.includes('GITHUB_SERVER_URL') ? null : ask(serverUrl),
    broken.includes('GITHUB_API_URL') ? null : ask(apiUrl),
  ]);
  return [judgeServer(serverUrl, server), judgeClock(clock?.ok === true ? clock.date : null, new Date())];
}

function judgeServer(url: string, asked: Asked | null): Check {
  const name = 'GitHub server';
  if (asked === null) {
    return skip(name, 'not asked: GITHUB_SERVER_URL is wrong');
  }
  return asked.ok
    ? ok(name, `${url} answers`)
    : fail(
        name,
        `${url} does not answer (${asked.why})`,
        'Set GITHUB_SERVER_URL to the address under which people open GitHub; git clones and pushes there.',
      );
}

/** A clock that is off makes GitHub refuse every token that the App signs, with a message about the token. */
export function judgeClock(there: Date | null, here: Date): Check {
  const name = 'clock';
  if (there === null) {
    return skip(name, 'not compared: the API did not send its time');
  }
  const driftS = Math.round((here.getTime() - there.getTime()) / 1_000);
  return Math.abs(driftS) <= MAX_DRIFT_S
    ? ok(name, `within ${MAX_DRIFT_S} s of GitHub`)
    : fail(
        name,
        `this machine is ${Math.abs(driftS)} s ${driftS < 0 ? 'behind' : 'ahead of'} GitHub`,
        'Set the clock, and keep it right with a time service (NTP); GitHub refuses tokens from another time.',
      );
}

type Asked = { readonly ok: true; readonly date: Date | null } | { readonly ok: false; readonly why: string };

async function ask(url: string): Promise<Asked> {
  try {
    const options = { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) } as const;
    const answer = await fetch(url, options);
    const at = Date.parse(answer.headers.get('date') ?? '');
    return { ok: true, date: Number.isNaN(at) ? null : new Date(at) };
  } catch (error) {
    const { cause, message } = error as Error;
    return { ok: false, why: cause instanceof Error && cause.message !== '' ? cause.message : message };
  }
}
