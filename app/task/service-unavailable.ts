/**
 * What is needed is kept, and the place that keeps it does not answer: the artifact store or GitHub. Nothing is lost and
 * nothing is wrong with the task, so whoever meets it waits and tries again.
 */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable';
  readonly service: 'store' | 'github';
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
