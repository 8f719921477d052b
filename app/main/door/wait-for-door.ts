import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../telemetry/log.ts';
import { hasDoor, socketDirectory } from './socket-directory.ts';

const LOOK_AGAIN_MS = 250;
const REMIND_MS = 60_000;

/**
 * The door of another process on this data directory, for an orchestrator that has none of its own. Waits for as long as
 * it takes, and says what for.
 */
export async function waitForDoor(plan: {
  dataDir: string;
  log: Logger;
  onWait: (sentence: string) => void;
}): Promise<{ socketDirectory: string }> {
  const directory = await socketDirectory(plan.dataDir);
  const sentence = `No door answers on the data directory ${plan.dataDir}. Workers reach nothing without one: start a process with BOSUN_ROLES=door and the same BOSUN_DATA_DIR, or give this one the role door too.`;
  for (let waitedMs = 0; !(await hasDoor(directory)); waitedMs += LOOK_AGAIN_MS) {
    if (waitedMs % REMIND_MS === 0) {
      plan.log.warn(sentence);
      plan.onWait(sentence);
    }
    await pause(LOOK_AGAIN_MS);
  }
  return { socketDirectory: directory };
}
