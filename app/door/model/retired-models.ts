import type { Clock } from '../../task/clock.ts';

/** A provider that was only briefly wrong about a model is asked for it again after that. */
const BELIEVED_MS = 15 * 60_000;

/** The models of which a provider said that it does not have them, or no longer. */
export class RetiredModels {
  readonly #since = new Map<string, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(provider: string, model: string): void {
    this.#since.set(`${provider} ${model}`, this.#clock.now().getTime());
  }

  has(provider: string, model: string): boolean {
    const since = this.#since.get(`${provider} ${model}`);
    return since !== undefined && this.#clock.now().getTime() - since < BELIEVED_MS;
  }
}
