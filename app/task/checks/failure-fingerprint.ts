import { createHash } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import type { CheckResult } from './check.ts';

/** What differs between two runs that fail for the same reason: times, addresses, hashes, places of temporary files. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?/g, '<time>'],
  [/\b\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?\b/g, '<time>'],
  [/\b\d+(?:[.,]\d+)?\s?(?:ns|us|µs|ms|s|sec|secs|seconds?|m|min|minutes?)\b/gi, '<duration>'],
  [/\b0x[0-9a-f]+\b/gi, '<address>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{12,64}\b/gi, '<hash>'],
  [/\/(?:tmp|var\/tmp|private\/tmp)\/[^\s:'")]+/g, '<file>'],
  [/\b(pid|seed|port)(\s*[=:]?\s*)\d+\b/gi, '$1$2<number>'],
  [/:\d+(?::\d+)?(?=\b)/g, ':<line>'],
];

/**
 * The same for two runs of a check that fail in the same way, so that a fix that changed nothing is noticed. Another
 * failing test, another message or another exit code make it another failure.
 */
export function fingerprintCheck({ head, step }: CheckResult): string {
  const lines = stripVTControlCharacters(head.outputTail)
    .split('\n')
    .map((line) => VARYING.reduce((text, [pattern, name]) => text.replace(pattern, name), line).trim())
    .filter((line) => line !== '');
  return fingerprintOf(['check', step.name, head.exitCode, lines]);
}

export function fingerprintCriterion(id: string): string {
  return fingerprintOf(['criterion', id]);
}

function fingerprintOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
