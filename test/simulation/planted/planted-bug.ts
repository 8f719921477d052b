import type { Plant } from '../process/world.ts';

/** A bug that somebody could have made, put into a port or a rule by the harness. */
export interface PlantedBug {
  readonly name: string;
  readonly plant: Plant;
}
