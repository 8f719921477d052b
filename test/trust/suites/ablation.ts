import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DEFENCES } from '../ablation/defences.ts';
import type { Suite } from '../suite.ts';

const PROGRAM = new URL('../ablation/try-defence.ts', import.meta.url).pathname;
const AT_ONCE = 2;
/** Of a sample; another part of all with each day. */
const SAMPLED = 12;

export const ablation: Suite = {
  name: 'ablation',
  claim: 'Every defence carries its load: with it the attack is kept out, without it the attack comes through',
  async run(size) {
    const step = size === 'sample' ? Math.ceil(DEFENCES.length / SAMPLED) : 1;
    const chosen = DEFENCES.filter((_, at) => at % step === 0);
    const bypasses: string[] = [];
    for (let at = 0; at < chosen.length; at += AT_ONCE) {
      await Promise.all(
        chosen.slice(at, at + AT_ONCE).map(async ({ name, attack }) => {
          if (await attack()) {
            bypasses.push(`${name}: the attack comes through`);
          }
          const without = await tryWithout(name);
          if (without !== 'through') {
            bypasses.push(`${name}: switched off, and the attack still does not come through (${without})`);
          }
        }),
      );
    }
    return { tries: chosen.length * 2, bypasses };
  },
};

async function tryWithout(name: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, name, 'off'], { timeout: 60_000 });
    return stdout.trim();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
