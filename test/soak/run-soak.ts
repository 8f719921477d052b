import { setTimeout as pause } from 'node:timers/promises';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import { randomOf } from '../support/random-operations.ts';
import { countLosses, findLosses, type Losses } from './find-losses.ts';
import { superviseProcesses, type Processes } from './supervise-processes.ts';
import { openInstallation, type Installation } from './open-installation.ts';

export interface SoakOptions {
  /** Settings that decide where workers run; plain processes when absent. */
  readonly workers?: Readonly<Record<string, string>>;
  readonly tasks: number;
  readonly kills: number;
  readonly seed: number;
  readonly onProgress?: (line: string) => void;
}

export interface SoakResult {
  readonly tasks: number;
  readonly kills: number;
  readonly seed: number;
  /** From the first command to the end of the last task. */
  readonly tookMs: number;
  /** From there until nothing was missing any more; null when something still was after a minute. */
  readonly settledMs: number | null;
  /** Processes that ended on their own; they are started again too. */
  readonly fell: number;
  readonly losses: Losses;
}

/** People wait for some answers before they ask for more. */
const MOST_OPEN = 24;
const LOOK_MS = 250;
const SETTLE_MS = 60_000;
const STALL_MS = 180_000;

/** Runs so many tasks on two machines while processes are killed at random. */
export async function runSoak(connection: PostgresConnection, options: SoakOptions): Promise<SoakResult> {
  const installation = await openInstallation(connection, options);
  const processes = await superviseProcesses(installation);
  try {
    const startedMs = Date.now();
    const kills = await runTasks({ installation, processes, options });
    const endedMs = Date.now();
    let losses = await findLosses(installation);
    while (countLosses(losses) > 0 && Date.now() - endedMs < SETTLE_MS) {
      await pause(LOOK_MS);
      losses = await findLosses(installation);
    }
    const settledMs = countLosses(losses) === 0 ? Date.now() - endedMs : null;
    const { tasks, seed } = options;
    return { tasks, kills, seed, tookMs: endedMs - startedMs, settledMs, fell: processes.fell(), losses };
  } finally {
    await processes.stop();
    await installation.close();
  }
}

/** Says a command on every issue and kills somebody now and then, until all tasks have ended or nothing moves. */
async function runTasks(stage: {
  installation: Installation;
  processes: Processes;
  options: SoakOptions;
}): Promise<number> {
  const { processes, options, installation } = stage;
  const random = randomOf(options.seed);
  let [said, kills, ended] = [0, 0, 0];
  let movedMs = Date.now();
  while (ended < options.tasks && Date.now() - movedMs < STALL_MS) {
    for (; said < options.tasks && said - ended < MOST_OPEN; said += 1) {
      installation.comment(installation.threads[said] as Installation['threads'][number], '/implement');
    }
    const counts = await installation.stores.tasks.counts();
    const now = counts.COMPLETED + counts.FAILED + counts.CANCELLED + counts.TIMED_OUT;
    movedMs = now > ended ? Date.now() : movedMs;
    ended = now;
    // Spread over the whole run, and at a moment nobody chose.
    if (kills < options.kills && kills <= (ended / options.tasks) * options.kills && ended < options.tasks) {
      await pause(random() * 1_000);
      await processes.kill(Math.floor(random() * processes.size));
      kills += 1;
      options.onProgress?.(`${said} said, ${ended} of ${options.tasks} ended, ${kills} killed`);
    }
    await pause(LOOK_MS);
  }
  return kills;
}
