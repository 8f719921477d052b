import type { SeedResult } from '../run/run-seed.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';

export interface PlantedFinding {
  readonly bug: string;
  /** The first seed that finds it and that holds without it; null when none did. */
  readonly seed: number | null;
  readonly invariant: string | null;
  readonly sentence: string | null;
}

/** Runs one seed, with a bug or without. */
export type RunPlanted = (order: { seed: number; hours: number; bug: string | null }) => Promise<SeedResult>;

/** Looks for each bug, seed by seed. A seed counts only when it holds without the bug. */
export async function findPlanted(
  options: { seeds: number; hours: number },
  run: RunPlanted,
  onFinding: (finding: PlantedFinding) => void = () => undefined,
): Promise<PlantedFinding[]> {
  const findings: PlantedFinding[] = [];
  for (const { name: bug } of PLANTED_BUGS) {
    const finding = await findOne(bug, options, run);
    findings.push(finding);
    onFinding(finding);
  }
  return findings;
}

async function findOne(
  bug: string,
  { hours, seeds }: { seeds: number; hours: number },
  run: RunPlanted,
): Promise<PlantedFinding> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { broken } = await run({ seed, hours, bug });
    if (broken !== null && (await run({ seed, hours, bug: null })).broken === null) {
      return { bug, seed, invariant: broken.invariant, sentence: broken.sentence };
    }
  }
  return { bug, seed: null, invariant: null, sentence: null };
}

export function renderFindings(findings: readonly PlantedFinding[]): string {
  const rows = findings.map(
    ({ bug, invariant, seed }) =>
      `${String(seed ?? '-').padStart(5)}  ${(invariant ?? 'not found').padEnd(18)}  ${bug}`,
  );
  const found = findings.filter(({ seed }) => seed !== null).length;
  return [' seed  invariant           bug', ...rows, '', `${found} of ${findings.length} planted bugs found`].join(
    '\n',
  );
}
