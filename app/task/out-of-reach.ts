/**
 * What is needed is kept, and the place that keeps it does not answer: the artifact store or GitHub. Nothing is lost and
 * nothing is wrong with the task, so whoever meets it waits and tries again.
 */
export class OutOfReach extends Error {
  readonly retryAt: Date | null;

  constructor(message: string, options: { cause?: unknown; retryAt?: Date | null } = {}) {
    super(message, { cause: options.cause });
    this.name = 'OutOfReach';
    this.retryAt = options.retryAt ?? null;
  }
}
