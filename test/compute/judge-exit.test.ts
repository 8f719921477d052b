import { expect, test } from 'vitest';
import { classifyExit } from '../../app/compute/session/classify-exit.ts';
import type { ExitEvidence } from '../../app/compute/session/classify-exit.ts';

const CALM: ExitEvidence = { exitCode: 0, signal: null, outputTail: '', killed: null, signalInExitCode: false };
const V8 = 'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory';

test.each<[string, Partial<ExitEvidence>, object]>([
  ['an exit is an exit', { exitCode: 3 }, { exitCode: 3, signal: null, outOfMemory: false }],
  [
    'a SIGKILL that nobody here sent is a shortage of memory',
    { exitCode: null, signal: 'SIGKILL' },
    { outOfMemory: true },
  ],
  ['a SIGKILL of ours is not', { exitCode: null, signal: 'SIGKILL', killed: 'stop' }, { outOfMemory: false }],
  ['unless it was for memory', { exitCode: null, signal: 'SIGKILL', killed: 'memory' }, { outOfMemory: true }],
  ['nor for processes', { exitCode: null, signal: 'SIGKILL', killed: 'processes' }, { outOfMemory: false }],
  ['V8 out of memory aborts', { exitCode: null, signal: 'SIGABRT', outputTail: V8 }, { outOfMemory: true }],
  [
    'an abort for another reason is an abort',
    { exitCode: null, signal: 'SIGABRT', outputTail: 'assert' },
    { outOfMemory: false },
  ],
  ['the words alone prove nothing', { exitCode: 1, outputTail: V8 }, { exitCode: 1, outOfMemory: false }],
  [
    'a launcher reports 137 for SIGKILL',
    { exitCode: 137, signalInExitCode: true },
    { exitCode: null, signal: 'SIGKILL', outOfMemory: true },
  ],
  [
    'and 134 for SIGABRT',
    { exitCode: 134, signalInExitCode: true, outputTail: V8 },
    { signal: 'SIGABRT', outOfMemory: true },
  ],
  ['without a launcher 137 is only a number', { exitCode: 137 }, { exitCode: 137, signal: null, outOfMemory: false }],
  ['255 is no signal', { exitCode: 255, signalInExitCode: true }, { exitCode: 255, signal: null }],
])('%s', (_, evidence, expected) => {
  expect(classifyExit({ ...CALM, ...evidence })).toMatchObject(expected);
});
