/** The markup is too tangled to say what a reader would see, or to find out in bounded time. */
export class ComplexMarkup extends Error {
  override readonly name = 'ComplexMarkup';
}
