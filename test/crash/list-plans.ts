import { VARIANTS, type Variant } from './run-journey.ts';

/** One death: where, and who continues. */
export interface Plan {
  readonly journey: string;
  readonly point: string;
  readonly variant: Variant;
}

/** Every point of every journey, with each who may continue. */
export function listPlans(points: ReadonlyMap<string, readonly string[]>): Plan[] {
  return [...points].flatMap(([journey, names]) =>
    names.flatMap((point) => VARIANTS.map((variant) => ({ journey, point, variant }))),
  );
}

/** Each point once, in the first journey that comes by it. */
export function withoutRepeats(plans: readonly Plan[]): Plan[] {
  const first = new Map<string, string>();
  plans.forEach(({ journey, point }) => first.set(point, first.get(point) ?? journey));
  return plans.filter(({ journey, point }) => first.get(point) === journey);
}

/** So many of them, spread evenly over journeys, points and variants. */
export function samplePlans(plans: readonly Plan[], size: number): Plan[] {
  if (size >= plans.length) {
    return [...plans];
  }
  return Array.from({ length: size }, (_, index) => plans[Math.floor((index * plans.length) / size)] as Plan);
}
