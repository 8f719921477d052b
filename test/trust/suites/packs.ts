import { craftPushes, type CraftedPush } from '../packs/crafted-packs.ts';
import { mutatePush } from '../packs/mutate-pack.ts';
import { openTarget, type Fate, type TargetRepository } from '../packs/target-repository.ts';
import { seeded, type Suite, type SuiteResult } from '../suite.ts';

const MUTATED = { sample: 30, whole: 50_000 } as const;
/** Of a sample. */
const EACH_CRAFTED = 12;
const AT_ONCE = 2;
/** Of the clock, on a machine that does other things, too; a push that never ends is ended by the door. */
const MOST_MS = 120_000;

export const packs: Suite = {
  name: 'packs',
  claim: 'No push, however it is made, moves another branch, or comes past git and the gate with what may not leave',
  async run(size) {
    const parts = await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, part) => {
        const place = await openTarget();
        try {
          const crafted = craftPushes(place.target).filter(
            (_push, at) => at % AT_ONCE === part && (size === 'whole' || Math.floor(at / AT_ONCE) % EACH_CRAFTED === 0),
          );
          const bypasses = await attackAll(place, crafted, { mayBeHarmless: false });
          const mutants = MUTATED[size] / AT_ONCE;
          const random = seeded(50 + part);
          for (let at = 0; at < mutants; at += 1) {
            const push = mutatePush(place.target, random);
            bypasses.push(...(await attackAll(place, [push], { mayBeHarmless: true })));
          }
          return { tries: crafted.length + mutants, bypasses };
        } finally {
          await place.close();
        }
      }),
    );
    return {
      tries: parts.reduce((sum, { tries }) => sum + tries, 0),
      bypasses: parts.flatMap(({ bypasses }) => bypasses),
    } satisfies SuiteResult;
  },
};

async function attackAll(
  place: TargetRepository,
  pushes: readonly CraftedPush[],
  { mayBeHarmless }: { mayBeHarmless: boolean },
): Promise<string[]> {
  const bypasses: string[] = [];
  for (const push of pushes) {
    const startedAt = performance.now();
    const fate = await place.attack(push).catch((error: unknown) => ({ bypass: `an error: ${String(error)}` }));
    const ms = performance.now() - startedAt;
    const wrong = describeFate(fate, mayBeHarmless);
    if (wrong !== null) {
      bypasses.push(`${push.what}: ${wrong} (${push.body.length < 2_000 ? push.body.toString('base64') : ''})`);
    } else if (ms > MOST_MS) {
      bypasses.push(`${push.what}: took ${Math.round(ms)} ms`);
    }
  }
  return bypasses;
}

/** What is wrong with how a push ended; null when nothing is. */
function describeFate(fate: Fate, mayBeHarmless: boolean): string | null {
  if (typeof fate === 'object') {
    return fate.bypass;
  }
  return fate === 'harmless' && !mayBeHarmless ? 'it was taken' : null;
}
