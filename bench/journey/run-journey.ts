import { setTimeout as wait } from 'node:timers/promises';
import { measureDoor } from '../door/measure-door.ts';
import { describeMachine } from '../frame/describe-machine.ts';
import type { BenchOptions, Report } from '../frame/report.ts';
import { withCleanUp } from '../frame/with-clean-up.ts';
import { runTask, type Journey } from './run-task.ts';
import { reportJourney, type JourneyFigures } from './report-journey.ts';
import { prepareJourneys } from './prepare-journeys.ts';

/** How long nothing happens before memory is read. */
const IDLE_MS = 5_000;
/** Between journeys: Bosun paces what it writes to GitHub, and one journey must not wait for the limits of another. */
const PAUSE_MS = 10_000;

/** Whole journeys on a local GitHub with a model that answers at once; what remains is Bosun's own time. */
export async function runJourney(options: BenchOptions): Promise<Report> {
  const machine = describeMachine();
  const journey = await withCleanUp((defer) => measureJourneys(options, defer));
  const door = await withCleanUp((defer) => measureDoor(options, defer));
  return reportJourney({ journey, door }, { machine, runs: options.runs });
}

async function measureJourneys(
  options: BenchOptions,
  defer: Parameters<typeof prepareJourneys>[1],
): Promise<JourneyFigures> {
  options.onProgress('Starting a local GitHub, a scripted model and Bosun with its own PostgreSQL …');
  const stage = await prepareJourneys(options, defer);
  await wait(IDLE_MS);
  const idleBytes = await stage.bosun.call<number>('residentBytes');
  options.onProgress('First task: the mirror is made …');
  const first = await runTask(stage);
  const journeys: Journey[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    options.onProgress(`Journey ${run + 1} of ${options.runs} …`);
    await wait(PAUSE_MS);
    journeys.push(await runTask(stage));
  }
  await wait(IDLE_MS);
  const idleAfterBytes = await stage.bosun.call<number>('residentBytes');
  return { compute: stage.compute, first, journeys, idleBytes, idleAfterBytes };
}
