import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { DOOR_PATHS, takeStart } from '../protocol/index.ts';
import type { CheckedResult, CheckJob, CheckReport } from '../protocol/index.ts';
import type { Events } from './door/events.ts';
import { fetchEnvironment, homeOf } from './carry-environment.ts';
import { checkOutUnlessStopped } from './git/checkout.ts';
import { retryDoor } from './retry-door.ts';
import { runCommand } from './run-command.ts';
import { describeStop } from './run-worker.ts';
import type { StopSignals } from './stop-signals.ts';
import { toolEnvironment } from './tool-environment.ts';

export interface ChecksContext {
  readonly job: CheckJob;
  /** The door's base URL as programs see it. */
  readonly doorUrl: string;
  readonly baseEnv: Readonly<Record<string, string>>;
  readonly events: Events;
  readonly signals: StopSignals;
  readonly redact: (text: string) => string;
}

type Check = CheckJob['checks'][number];

/** Of the output of one check, as much goes into the log; its end is told in any case. */
const MAX_LOGGED = 1024 * 1024;
/** A check that prints is alive, and says so at most this often. */
const ALIVE_EVERY_MS = 10_000;
const MAX_REPORT_BYTES = 8 * 1024 * 1024;
const REPORT_PATIENCE_MS = 60_000;

/**
 * Runs the checks one after the other at the commit of the job, each told when it begins and when it ends. There is no
 * agent, no model and no network but the door, and nothing is pushed.
 */
export async function runChecks(context: ChecksContext): Promise<CheckedResult> {
  const { events, job, signals } = context;
  events.tell({ type: 'progress', phase: 'verify', note: 'cloning what is checked' });
  if (job.carriesEnvironment === 'fetch') {
    await fetchEnvironment({ ...context, home: homeOf(context) });
  }
  const checkout = await checkOutUnlessStopped(context);
  for (const check of checkout === null ? [] : job.checks) {
    const { repository } = checkout ?? { repository: '' };
    const run = signals.stop.aborted ? null : await runCheck(context, check, repository);
    if (run === null) {
      return stopped(signals);
    }
    events.tell({ type: 'check', name: check.name, run });
  }
  return checkout === null ? stopped(signals) : { ending: 'done' };
}

function stopped(signals: StopSignals): CheckedResult {
  const reason = describeStop(signals);
  return { ending: 'stopped', ...(reason === null ? {} : { reason }) };
}

/** Null when the session was asked to stop meanwhile: how the check would have ended is not known. */
async function runCheck(context: ChecksContext, check: Check, repository: string): Promise<CheckReport | null> {
  const { baseEnv, events, redact, signals } = context;
  const note = takeStart(check.run, 200);
  events.tell({ type: 'check', name: check.name });
  events.tell({ type: 'progress', phase: 'verify', note });
  events.log('verify', `$ ${check.run}\n`);
  let logged = 0;
  let toldAt = performance.now();
  const run = await runCommand(
    {
      command: check.run,
      cwd: repository,
      env: toolEnvironment(baseEnv, { repository, network: 'none' }),
      timeoutMs: check.timeoutMs,
      signal: signals.stop,
      onOutput: (text) => {
        if (logged <= MAX_LOGGED) {
          logged += text.length;
          events.log('verify', logged > MAX_LOGGED ? '\n[the rest of the output is left out]\n' : text);
        }
        if (performance.now() - toldAt > ALIVE_EVERY_MS) {
          toldAt = performance.now();
          events.tell({ type: 'progress', phase: 'verify', note });
        }
      },
    },
    redact,
  );
  if (signals.stop.aborted && run.exitCode === null) {
    return null;
  }
  return check.report === undefined ? run : { ...run, report: await sendReport(context, check, repository) };
}

/** Sends the report file a check wrote to the door, as it is. Only a plain file inside the checkout is one. */
async function sendReport(
  { doorUrl, job, signals }: ChecksContext,
  check: Check,
  repository: string,
): Promise<NonNullable<CheckReport['report']>> {
  const bytes = await readReport(path.join(repository, check.report ?? ''), repository);
  if (bytes === null || bytes === 'too_large') {
    return bytes ?? 'missing';
  }
  const address = `${doorUrl.replace(/\/$/, '')}${DOOR_PATHS.report}/${encodeURIComponent(check.name)}`;
  const sent = await retryDoor(
    async () => {
      const answer = await fetch(address, {
        method: 'PUT',
        headers: { authorization: `Bearer ${job.door.token}`, 'content-type': 'application/octet-stream' },
        body: new Uint8Array(bytes),
        signal: AbortSignal.timeout(REPORT_PATIENCE_MS),
      }).catch(() => null);
      await answer?.body?.cancel();
      return { ok: answer?.ok === true, status: answer?.status ?? 503 };
    },
    {
      until: performance.now() + REPORT_PATIENCE_MS,
      signal: signals.stop,
      isWorthwhile: ({ status }) => status === 429 || status >= 500,
    },
  );
  if (sent.ok) {
    return 'sent';
  }
  return sent.status === 413 ? 'too_large' : 'missing';
}

async function readReport(file: string, repository: string): Promise<Buffer | 'too_large' | null> {
  const real = await realpath(file).catch(() => null);
  if (real === null || !real.startsWith(`${await realpath(repository)}/`)) {
    return null;
  }
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (handle === null) {
    return null;
  }
  try {
    const found = await handle.stat();
    if (!found.isFile()) {
      return null;
    }
    return found.size > MAX_REPORT_BYTES ? 'too_large' : await handle.readFile();
  } finally {
    await handle.close();
  }
}
