/**
 * A Bosun in a process of its own, started by `startMortal`. It tells its parent of its address and, when asked to, of
 * every point it passes, kills itself with SIGKILL at the given one, and shuts down at SIGTERM.
 */
import { parseServerConfig } from '../../app/config/server-config.ts';
import { startBosun, type BosunOptions } from '../../app/main.ts';
import { namePoints } from './name-points.ts';

export interface Fate {
  readonly settings: Readonly<Record<string, string>>;
  /** Where to die; nowhere when absent. */
  readonly fatalPoint?: string;
  /** Where to stand still, once, until somebody sends SIGCONT. */
  readonly stillPoint?: string;
  readonly times?: BosunOptions['times'];
  /** Whether it tells of every point it passes. */
  readonly tellsPoints?: true;
}

export type Told = { readonly url: string | null } | { readonly point: string } | { readonly refused: string };

function tell(told: Told): void {
  process.send?.(told);
}

async function live(fate: Fate): Promise<void> {
  let hasStood = false;
  function reach(point: string): void {
    if (point === fate.fatalPoint) {
      process.kill(process.pid, 'SIGKILL');
      // Not one more step, should the signal take a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
    if (point === fate.stillPoint && !hasStood) {
      hasStood = true;
      process.kill(process.pid, 'SIGSTOP');
    }
    if (fate.tellsPoints === true) {
      tell({ point });
    }
  }
  const parsed = parseServerConfig(fate.settings);
  if (!parsed.ok) {
    throw new Error(JSON.stringify(parsed.problems));
  }
  const bosun = await startBosun(parsed.config, {
    version: '0.0.0',
    onStep: (step) => reach(`step.${step}`),
    around: namePoints(reach),
    ...(fate.times === undefined ? {} : { times: fate.times }),
  });
  process.once('SIGTERM', () => void bosun.stop().then(() => process.exit(0)));
  tell({ url: bosun.url });
}

process.once('message', (fate: Fate) => {
  live(fate).catch((error: unknown) => {
    tell({ refused: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exit(1);
  });
});
// The parent went without a word.
process.once('disconnect', () => process.exit(1));
