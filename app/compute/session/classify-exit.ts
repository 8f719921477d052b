import { constants } from 'node:os';
import type { ExitRecord } from './session-directory.ts';

export interface ExitEvidence {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly outputTail: string;
  /** Why this side killed it, if it did; `engine`: what ran it went away meanwhile, and may have ended it. */
  readonly killed: 'stop' | 'memory' | 'processes' | 'disk' | 'engine' | null;
  /** A program run by another reports the signal that ended it as 128 + number. */
  readonly signalInExitCode: boolean;
}

/** Some numbers have two names (SIGABRT, SIGIOT); the first in the system's list is the usual one. */
const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, number]) => [number, name]),
);
const V8_OUT_OF_MEMORY = /JavaScript heap out of memory|Fatal process out of memory|FATAL ERROR: .*Allocation failed/;
/** How V8 ends a process it has no memory for: abort or a trap, by version and place. */
const V8_SIGNALS: readonly (string | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGILL'];

/** Turns what was seen of an exit into facts. A SIGKILL that nobody here sent is the kernel short of memory. */
export function classifyExit(evidence: ExitEvidence): ExitRecord {
  const { exitCode, signal } = decodeSignal(evidence);
  const outOfMemory =
    evidence.killed === 'memory' ||
    (signal === 'SIGKILL' && evidence.killed === null) ||
    (V8_SIGNALS.includes(signal) && V8_OUT_OF_MEMORY.test(evidence.outputTail));
  return { exitCode, signal, outOfMemory, outputTail: evidence.outputTail };
}

function decodeSignal({ exitCode, signal, signalInExitCode }: ExitEvidence): {
  exitCode: number | null;
  signal: string | null;
} {
  if (signal === null && exitCode !== null && exitCode > 128 && signalInExitCode) {
    const name = SIGNAL_NAMES.get(exitCode - 128);
    if (name !== undefined) {
      return { exitCode: null, signal: name };
    }
  }
  return { exitCode, signal };
}
