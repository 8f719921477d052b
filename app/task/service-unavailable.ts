/**
 * A service that a step needs does not answer: the artifact store, GitHub, or what runs workers. Nothing is lost and
 * nothing is wrong with the task, so the step waits and tries again.
 */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable';
  readonly service: 'store' | 'github' | 'compute';
  readonly retryAt: Date | null;

  constructor(
    message: string,
    options: { place: ServiceUnavailable['service']; retryAt?: Date | null; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.service = options.place;
    this.retryAt = options.retryAt ?? null;
  }
}
