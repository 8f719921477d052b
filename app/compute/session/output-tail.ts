import type { Readable } from 'node:stream';

/** The last bytes of what a session printed. */
export interface OutputTail {
  readonly follow: (stream: Readable) => void;
  /** The kept bytes as text; what was dropped before them is said in a first line. */
  readonly read: () => string;
}

/**
 * Reads a worker's output for as long as there is any, so that its pipe never blocks, and keeps the last `limitBytes`.
 * The end is what says why it stopped.
 */
export function createOutputTail(limitBytes: number): OutputTail {
  const chunks: Buffer[] = [];
  let keptBytes = 0;
  let seenBytes = 0;
  function add(chunk: Buffer): void {
    seenBytes += chunk.length;
    const last = chunk.length > limitBytes ? chunk.subarray(chunk.length - limitBytes) : chunk;
    chunks.push(last);
    keptBytes += last.length;
    while (keptBytes - (chunks[0]?.length ?? 0) >= limitBytes) {
      keptBytes -= chunks.shift()?.length ?? 0;
    }
  }
  return {
    follow: (stream) => {
      stream.on('data', add);
      // A pipe that breaks ends the output; that the process ended is told by its exit
      stream.on('error', () => stream.destroy());
    },
    read: () => {
      const kept = Buffer.concat(chunks);
      const tail = kept.subarray(Math.max(0, kept.length - limitBytes));
      const droppedBytes = seenBytes - tail.length;
      const text = tail.toString('utf8').replace(/^\uFFFD+/, '');
      return droppedBytes === 0 ? text : `[output cut: ${droppedBytes} bytes before this are not kept]\n${text}`;
    },
  };
}
