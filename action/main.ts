import { fileURLToPath } from 'node:url';
import * as core from '@actions/core';
import { createRedactor } from '../app/text/redact.ts';
import { readInputs, secretsOf, type Inputs } from './read-inputs.ts';
import { exitCodeOf, type Conclusion } from './result/decide-conclusion.ts';
import { createJobLog } from './result/job-log.ts';
import { outputsOf, writeOutputs, writeSummary } from './result/write-results.ts';
import { runAction } from './run-action.ts';

/** Beside this file in the bundle. */
const WORKER_ENTRY = fileURLToPath(new URL('worker.mjs', import.meta.url));

async function main(): Promise<Conclusion> {
  // Before anything else is said.
  secretsOf().forEach((secret) => core.setSecret(secret));
  const read = readInputs();
  if (!read.ok) {
    read.problems.forEach((problem) => core.error(problem, { title: 'Bosun cannot start' }));
    writeOutputs(outputsOf('failure', null));
    return 'failure';
  }
  return run(read.inputs);
}

async function run(inputs: Inputs): Promise<Conclusion> {
  const cancelled = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => cancelled.abort());
  }
  const log = createJobLog({
    write: (line) => process.stdout.write(`${line}\n`),
    redact: createRedactor([inputs.githubToken, inputs.config.model.apiKey]).redact,
    isDebug: core.isDebug(),
  });
  try {
    const result = await runAction(inputs, {
      version: 'action',
      log,
      warn: (sentence) => log.command(() => core.warning(sentence, { title: 'Bosun' })),
      signal: cancelled.signal,
      workerEntry: WORKER_ENTRY,
    });
    log.info(result.note);
    log.close();
    writeOutputs(outputsOf(result.conclusion, result.task));
    if (inputs.hasSummary) {
      await writeSummary(result.summary);
    }
    return result.conclusion;
  } catch (error) {
    const conclusion = cancelled.signal.aborted ? 'cancelled' : 'failure';
    log.error('The run failed', { error });
    log.close();
    core.error(error instanceof Error ? error.message : String(error), { title: 'Bosun had an unexpected error' });
    writeOutputs(outputsOf(conclusion, null));
    return conclusion;
  }
}

// Connections that are kept alive would hold a billed job for as long as they live.
process.exit(exitCodeOf(await main()));
