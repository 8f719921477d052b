import type { CheckReport } from '../../../protocol/index.ts';
import type { CheckRun, InconclusiveCause } from './check.ts';

/** What a check told about itself, as a run: passed, failed, or nothing that says anything about the change. */
export function readReport(report: CheckReport, at: { commit: string; reportKey: string | null }): CheckRun {
  const cause = causeOf(report);
  const passed = report.exitCode === 0 ? 'pass' : 'fail';
  const note = report.report === 'too_large' ? '\n[its report is larger than 8 MiB and was not kept]' : '';
  return {
    commit: at.commit,
    reading: cause === null ? passed : 'inconclusive',
    cause,
    exitCode: report.exitCode,
    durationMs: report.durationMs,
    outputTail: report.outputTail + note,
    isFlaky: false,
    reportKey: report.report === 'sent' ? at.reportKey : null,
  };
}

const OUT_OF_MEMORY = /JavaScript heap out of memory|Cannot allocate memory|java\.lang\.OutOfMemoryError/;

function causeOf({ exitCode, outputTail, timedOut }: CheckReport): InconclusiveCause | null {
  if (timedOut === true) {
    return 'timed_out';
  }
  if (exitCode === 126 || exitCode === 127) {
    return 'command_missing';
  }
  // A shell says 137 of a program that was killed, which the kernel does when memory is short
  if (exitCode === 137 || (exitCode === 134 && OUT_OF_MEMORY.test(outputTail))) {
    return 'out_of_memory';
  }
  return exitCode === null ? 'died' : null;
}

/** A run that no session reported. */
export function missingRun(
  commit: string,
  told: { cause: InconclusiveCause; outputTail?: string; durationMs?: number },
): CheckRun {
  return {
    commit,
    reading: 'inconclusive',
    cause: told.cause,
    exitCode: null,
    durationMs: told.durationMs ?? 0,
    outputTail: told.outputTail ?? '',
    isFlaky: false,
    reportKey: null,
  };
}
