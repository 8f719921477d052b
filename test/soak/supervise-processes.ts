import { startCrashingBosun, type CrashingBosun } from '../crash/start-crashing-bosun.ts';
import type { Town } from './open-installation.ts';

/** The processes of two machines and one for the web, each started again whenever it is gone. */
export interface Crew {
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

const POSTS = [
  { machine: 'front', roles: 'web' },
  { machine: 'left', roles: 'door' },
  { machine: 'left', roles: 'orchestrator' },
  { machine: 'right', roles: 'door' },
  { machine: 'right', roles: 'orchestrator' },
] as const;

export async function keepCrew(town: Town): Promise<Crew> {
  let isOver = false;
  let fell = 0;
  const crew: CrashingBosun[] = [];
  const killed = new Set<CrashingBosun>();

  function man(index: number): void {
    const { machine, roles } = POSTS[index] as (typeof POSTS)[number];
    const port = roles === 'web' ? town.port : 0;
    const mortal = startCrashingBosun({ settings: town.settings({ machine, roles, port }), times: MANY_ATTEMPTS });
    crew[index] = mortal;
    void mortal.gone.then(() => {
      fell += Number(!isOver && !killed.has(mortal));
      if (!isOver) {
        man(index);
      }
    });
  }

  POSTS.forEach((_post, index) => man(index));
  await Promise.all(crew.map(({ ready }) => ready));
  return {
    size: POSTS.length,
    fell: () => fell,
    async kill(index) {
      const mortal = crew[index] as CrashingBosun;
      killed.add(mortal);
      await mortal.kill();
    },
    async stop() {
      isOver = true;
      await Promise.all(crew.map((mortal) => mortal.stop()));
    },
  };
}
