import type { Plant } from '../process/world.ts';

/** A bug that somebody could have made, and the part of the proof that has to find it. */
export interface PlantedBug {
  readonly name: string;
  readonly plant: Plant;
}

export const PLANTED_BUGS: readonly PlantedBug[] = [];
