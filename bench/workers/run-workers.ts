import { checkSandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import { describeMachine } from '../frame/describe-machine.ts';
import { makeDirectory } from '../frame/make-directory.ts';
import type { BenchOptions, Report } from '../frame/report.ts';
import { withCleanUp } from '../frame/with-clean-up.ts';
import { measureCheckout } from './measure-checkout.ts';
import { measureComputes } from './measure-computes.ts';
import { measureEnvironment } from './measure-environment.ts';
import { openStage } from './open-stage.ts';
import { reportWorkers } from './report-workers.ts';

/**
 * What workers cost beside what people would run by hand. It needs the npm registry, as workers do; a container engine is
 * measured where `BOSUN_TEST_DOCKER` names its socket.
 */
export async function runWorkers(options: BenchOptions): Promise<Report> {
  const machine = describeMachine();
  const check = await checkSandbox();
  if (!check.ok) {
    throw new Error(`Workers are measured in the sandbox, and there is none: ${check.reason}. ${check.remedy}`);
  }
  return withCleanUp(async (defer) => {
    const place = makeDirectory();
    defer(place.remove);
    options.onProgress('Starting a local GitHub, a scripted model and Bosun with its own PostgreSQL …');
    const stage = await openStage({ directory: place.directory, compute: 'sandbox' }, defer);
    const given = { directory: place.directory, runs: options.runs, onProgress: options.onProgress };
    const docker = process.env['BOSUN_TEST_DOCKER'] ?? '';
    const computes = await measureComputes({ ...given, sandbox: stage, docker: docker === '' ? null : docker }, defer);
    const checkout = await measureCheckout(stage, given);
    const environment = await measureEnvironment(stage, given);
    return reportWorkers({ computes, checkout, environment }, { machine, runs: options.runs });
  });
}
