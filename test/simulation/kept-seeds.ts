/** A seed that once broke something, and what it found. It must never break again. */
export interface KeptSeed {
  readonly seed: number;
  readonly hours: number;
  readonly why: string;
}

export const KEPT_SEEDS: readonly KeptSeed[] = [
  { seed: 10, hours: 24, why: 'three short outages of the database parked an accepted command' },
  { seed: 14, hours: 24, why: 'a process that had stood still said again what another one had said meanwhile' },
  { seed: 26, hours: 24, why: 'a write that stood in line while its process stood still was sent long after its time' },
  { seed: 48, hours: 24, why: 'a reply that took longer than its hold was sent twice' },
  {
    seed: 130,
    hours: 24,
    why: 'work that went on after somebody had pushed to its branch became a second pull request',
  },
  { seed: 201, hours: 24, why: 'work was pushed although its last look at the task showed that it was cancelled' },
];
