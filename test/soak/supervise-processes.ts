import { startCrashingBosun, type CrashingBosun } from '../crash/start-crashing-bosun.ts';
import type { Installation } from './open-installation.ts';

/** The processes of two machines and one for the web, each started again whenever it is gone. */
export interface Processes {
  readonly size: number;
  /** How often one had to be started again without having been killed. */
  readonly fell: () => number;
  /** Kills the one with that number, from 0. */
  kill(index: number): Promise<void>;
  /** Winds all of them down. */
  stop(): Promise<void>;
}

/** Every lost attempt is made up for here, because it is the deaths that are counted; all else is as it ships. */
export const MANY_ATTEMPTS = { maxLostAttempts: 50 };

const PROCESSES = [
  { machine: 'front', roles: 'web' },
  { machine: 'left', roles: 'door' },
  { machine: 'left', roles: 'orchestrator' },
  { machine: 'right', roles: 'door' },
  { machine: 'right', roles: 'orchestrator' },
] as const;

export async function superviseProcesses(installation: Installation): Promise<Processes> {
  let isOver = false;
  let fell = 0;
  const processes: CrashingBosun[] = [];
  const killed = new Set<CrashingBosun>();

  function startProcess(index: number): void {
    const { machine, roles } = PROCESSES[index] as (typeof PROCESSES)[number];
    const port = roles === 'web' ? installation.port : 0;
    const bosun = startCrashingBosun({
      settings: installation.settings({ machine, roles, port }),
      times: MANY_ATTEMPTS,
    });
    processes[index] = bosun;
    void bosun.gone.then(() => {
      fell += Number(!isOver && !killed.has(bosun));
      if (!isOver) {
        startProcess(index);
      }
    });
  }

  PROCESSES.forEach((_post, index) => startProcess(index));
  await Promise.all(processes.map(({ ready }) => ready));
  return {
    size: PROCESSES.length,
    fell: () => fell,
    async kill(index) {
      const bosun = processes[index] as CrashingBosun;
      killed.add(bosun);
      await bosun.kill();
    },
    async stop() {
      isOver = true;
      await Promise.all(processes.map((bosun) => bosun.stop()));
    },
  };
}
