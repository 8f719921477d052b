import type { WakeUp } from '../../../app/store/wake-up.ts';
import { isAwake } from '../engine/sim.ts';
import type { Owner } from '../engine/virtual-time.ts';
import { bootProcess, type Running } from './boot-process.ts';
import type { World } from './world.ts';

const WATCH_MS = 20_000;
const STOP_PATIENCE_MS = 30_000;
/** Clocks that are kept by a time service; leases and holds of half a minute rely on that. */
const MOST_SKEW_MS = 4_000;

/** A machine that runs one process, starts it again when it is gone, and replaces it now and then. */
export interface Host {
  /** The process, when it can take a call. */
  running(): Running | null;
  wake(wakeUp: WakeUp): void;
}

/** The clock of the machine may be off, and jump; the process sees nothing else. */
export function createHost(world: World, name: string): Host {
  const { sim } = world;
  const chance = sim.chance.stream(`host ${name}`);
  let incarnation = 0;
  let process: Running | null = null;
  let skewMs = 0;

  function boot(): void {
    incarnation += 1;
    const owner: Owner = { name: `${name}#${incarnation}`, dead: false, pausedUntil: 0 };
    sim.trace.say(`${owner.name} starts`);
    sim.count('start of a process');
    sim.time.as(owner, () => {
      process = bootProcess(world, { owner, name, skewMs: () => (sim.isQuiet() ? 0 : skewMs) });
    });
  }

  /** As an orchestrator of containers does: SIGTERM, and after its patience SIGKILL. */
  function replace(old: Running): void {
    sim.count('fault: deploy');
    sim.trace.say(`${old.owner.name} is told to stop`);
    sim.time.as(old.owner, () => void old.stop().then(() => end(old)));
    sim.time.at(sim.time.now() + STOP_PATIENCE_MS, () => end(old), null);
  }

  function end(old: Running): void {
    old.owner.dead = true;
  }

  function often(timesADay: number, act: () => void): void {
    if (timesADay > 0) {
      const inMs = (86_400_000 / timesADay) * 2 * chance.next();
      sim.time.at(sim.time.now() + inMs, () => {
        if (!sim.isQuiet()) {
          act();
        }
        often(timesADay, act);
      });
    }
  }

  boot();
  let bootAt = 0;
  sim.time.every(WATCH_MS, () => {
    if (process?.owner.dead === true) {
      bootAt ||= sim.time.now() + chance.between(2_000, 90_000);
      if (bootAt <= sim.time.now()) {
        bootAt = 0;
        boot();
      }
    }
  });
  often(sim.profile.deploys, () => {
    if (process !== null && isAwake(process.owner, sim.time)) {
      replace(process);
    }
  });
  often(sim.profile.clockJumps, () => jump());

  function jump(): void {
    skewMs = chance.happens(0.3) ? 0 : chance.between(-MOST_SKEW_MS, MOST_SKEW_MS);
    sim.count('fault: clock jump');
    sim.trace.say(`the clock of ${name} is off by ${skewMs} ms`);
  }

  return {
    running: () => (process !== null && isAwake(process.owner, sim.time) ? process : null),
    wake(wakeUp) {
      const target = process;
      if (target !== null && (sim.isQuiet() || !chance.happens(sim.profile.noticeLost))) {
        sim.time.at(sim.time.now() + 2, () => target.wake(wakeUp), target.owner);
      }
    },
  };
}
