import { randomRun } from '../../door/spending/random-calls.ts';
import { simulateSpending } from '../../door/spending/simulate-spending.ts';
import type { Suite } from '../suite.ts';

const RUNS = { sample: 24, whole: 10_000 } as const;
/** A run mostly waits for answers that do not come. */
const AT_ONCE = 6;

export const overspend: Suite = {
  name: 'overspend',
  claim: 'No worker, provider or crash makes a task cost more than its budget, or charges less than was generated',
  async run(size) {
    const bypasses: string[] = [];
    let next = 0;
    async function work(): Promise<void> {
      for (let seed = next++; seed < RUNS[size]; seed = next++) {
        const { batches, budgetNano, dies } = randomRun(seed);
        const { calls: _, ...report } = await simulateSpending(batches, budgetNano, { dies });
        const wrong = Object.entries(report).filter(([, value]) => value !== 0);
        bypasses.push(...wrong.map(([what, value]) => `run ${seed}: ${what} is ${value}`));
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return { tries: RUNS[size], bypasses };
  },
};
