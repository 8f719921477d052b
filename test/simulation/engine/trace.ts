import { hashOf } from './chance.ts';

const KEPT_LINES = 120;

/** Everything that happened, as one hash, and the last lines of it. */
export interface Trace {
  say(line: string): void;
  hash(): string;
  lines(): readonly string[];
  count(): number;
}

export function createTrace(options: { now: () => number; print?: ((line: string) => void) | undefined }): Trace {
  const startedAt = options.now();
  const kept: string[] = [];
  let one = 0x811c9dc5;
  let other = 0x01234567;
  let count = 0;
  return {
    say(text) {
      const line = `${((options.now() - startedAt) / 1_000).toFixed(3)} ${text}`;
      one = hashOf(line, one);
      other = hashOf(line, other ^ one);
      count += 1;
      kept[count % KEPT_LINES] = line;
      options.print?.(line);
    },
    hash: () => [one, other].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join(''),
    lines: () => [...kept.slice((count + 1) % KEPT_LINES), ...kept.slice(0, (count + 1) % KEPT_LINES)].filter(Boolean),
    count: () => count,
  };
}
