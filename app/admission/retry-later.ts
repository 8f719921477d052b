/** Thrown by a handler that can neither allow nor deny now, such as while GitHub does not answer: the delivery is kept. */
export class RetryLater extends Error {
  readonly at: Date;
  constructor(message: string, at: Date) {
    super(message);
    this.name = 'RetryLater';
    this.at = at;
  }
}
