import type { EntryWriter } from '../cache/entry-writer.ts';

/** A download that can be read while it continues, by any number of readers. */
export class GrowingBody {
  /** Bytes of the whole body where the registry named them. */
  readonly length: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly #writer: EntryWriter;
  #ended: 'complete' | 'failed' | null = null;
  #waiting: (() => void)[] = [];
  #readers = 0;

  constructor(writer: EntryWriter, about: { length: number | null; headers: Readonly<Record<string, string>> }) {
    this.#writer = writer;
    this.length = about.length;
    this.headers = about.headers;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#writer.write(chunk);
    this.#wake();
  }

  async end(how: 'complete' | 'failed'): Promise<void> {
    this.#ended = how;
    this.#wake();
    await this.#closeUnused();
  }

  /** Throws when the download fails, so that nobody takes a part for the whole. */
  async *read(): AsyncGenerator<Uint8Array> {
    this.#readers += 1;
    try {
      let position = 0;
      for (;;) {
        const end = this.#writer.bytes;
        if (position < end) {
          yield* this.#writer.read({ start: position, end });
          position = end;
        } else if (this.#ended === 'complete') {
          return;
        } else if (this.#ended === 'failed') {
          throw new Error('the download failed');
        } else {
          await new Promise<void>((resolve) => this.#waiting.push(resolve));
        }
      }
    } finally {
      this.#readers -= 1;
      await this.#closeUnused();
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    waiting.forEach((resolve) => resolve());
  }

  async #closeUnused(): Promise<void> {
    if (this.#ended !== null && this.#readers === 0) {
      await this.#writer.close();
    }
  }
}
