import type { CommandRun, WorkerResult } from '../../../protocol/index.ts';

/** The worker's account with every text in it redacted. */
export function cleanResult(result: WorkerResult, clean: (text: string) => string): WorkerResult {
  return {
    ...result,
    summary: clean(result.summary),
    questions: result.questions.map(clean),
    ...(result.reason === undefined ? {} : { reason: clean(result.reason) }),
    ...(result.setup === undefined ? {} : { setup: cleanRun(result.setup, clean) }),
    ...(result.verify === undefined ? {} : { verify: cleanRun(result.verify, clean) }),
  };
}

function cleanRun(run: CommandRun, clean: (text: string) => string): CommandRun {
  return { ...run, command: clean(run.command), outputTail: clean(run.outputTail) };
}
