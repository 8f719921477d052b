import type { SeedResult } from './run-seed.ts';

const SHOWN_LINES = 40;

export interface SummaryFacts {
  readonly seeds: number;
  readonly failedSeeds: readonly number[];
  readonly simulatedHours: number;
  readonly seconds: number;
  readonly events: number;
  readonly tally: Readonly<Record<string, number>>;
}

export interface Summary {
  add(result: SeedResult): void;
  seeds(): number;
  failed(): number;
  facts(): SummaryFacts;
}

export function createSummary(hours: number): Summary {
  const startedAt = performance.now();
  const failed: number[] = [];
  const tally = new Map<string, number>();
  let seeds = 0;
  let events = 0;
  return {
    add(result) {
      seeds += 1;
      events += result.events;
      result.tally.forEach((count, what) => tally.set(what, (tally.get(what) ?? 0) + count));
      if (result.broken !== null) {
        failed.push(result.seed);
      }
    },
    seeds: () => seeds,
    failed: () => failed.length,
    facts: () => ({
      seeds,
      failedSeeds: failed.toSorted((a, b) => a - b),
      simulatedHours: seeds * hours,
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
      events,
      tally: Object.fromEntries([...tally].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    }),
  };
}

export function renderSummary(facts: SummaryFacts): string {
  const rows = Object.entries(facts.tally).map(([what, count]) => `${String(count).padStart(12)}  ${what}`);
  const verdict =
    facts.failedSeeds.length === 0 ? 'all hold' : `${facts.failedSeeds.length} broke: ${facts.failedSeeds.join(', ')}`;
  return [
    ...rows,
    `${String(facts.events).padStart(12)}  events`,
    '',
    `${facts.seeds} seeds, ${facts.simulatedHours} simulated hours in ${facts.seconds} s: ${verdict}`,
  ].join('\n');
}

/** What a person needs to look into a failure: the seed, what broke, what happened before, and how to see it again. */
export function renderFailure(result: SeedResult, hours: number): string {
  return [
    `seed ${result.seed} broke "${result.broken?.invariant}": ${result.broken?.sentence}`,
    ...result.lines.slice(-SHOWN_LINES).map((line) => `  ${line}`),
    `again: npm run sim -- --seed ${result.seed} --hours ${hours} --trace`,
  ].join('\n');
}
