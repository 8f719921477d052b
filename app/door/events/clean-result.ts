import type { CommandRun, PrepareResult, WorkerResult } from '../../../protocol/index.ts';

/** The worker's account with every text in it redacted. */
export function cleanResult(result: WorkerResult, clean: (text: string) => string): WorkerResult {
  return {
    ...result,
    summary: clean(result.summary),
    questions: result.questions.map(clean),
    ...(result.output === undefined ? {} : { output: cleanJson(result.output, clean) }),
    ...(result.reason === undefined ? {} : { reason: clean(result.reason) }),
    ...(result.conversation === undefined ? {} : { conversation: cleanConversation(result.conversation, clean) }),
    ...(result.leftOut === undefined ? {} : { leftOut: result.leftOut.map(clean) }),
    ...(result.setup === undefined ? {} : { setup: cleanRun(result.setup, clean) }),
    ...(result.verify === undefined ? {} : { verify: cleanRun(result.verify, clean) }),
  };
}

function cleanConversation(
  { reason, resumed }: NonNullable<WorkerResult['conversation']>,
  clean: (text: string) => string,
): WorkerResult['conversation'] {
  return { resumed, ...(reason === undefined ? {} : { reason: clean(reason) }) };
}

type Json = NonNullable<WorkerResult['output']> | null;

/** Keys too: an agent chooses them where its schema is loose. */
function cleanJson(value: Json, clean: (text: string) => string): Json {
  if (typeof value === 'string') {
    return clean(value);
  }
  if (Array.isArray(value)) {
    return value.map((item) => cleanJson(item, clean));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [clean(key), cleanJson(item, clean)]));
  }
  return value;
}

export function cleanPrepareResult(result: PrepareResult, clean: (text: string) => string): PrepareResult {
  return {
    ...result,
    runs: result.runs.map((run) => cleanRun(run, clean)),
    ...(result.reason === undefined ? {} : { reason: clean(result.reason) }),
  };
}

export function cleanRun(run: CommandRun, clean: (text: string) => string): CommandRun {
  return { ...run, command: clean(run.command), outputTail: clean(run.outputTail) };
}
