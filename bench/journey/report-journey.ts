import type { DoorFigures } from '../door/measure-door.ts';
import type { Machine } from '../frame/describe-machine.ts';
import { median } from '../frame/quantile.ts';
import type { Goal, Report } from '../frame/report.ts';
import { showNumber, showSpread } from '../frame/show-spread.ts';
import type { Journey } from './run-task.ts';

export interface JourneyFigures {
  readonly compute: 'sandbox' | 'process';
  /** The first task of a repository: its mirror is made. */
  readonly first: Journey;
  readonly journeys: readonly Journey[];
  readonly idleBytes: number;
  readonly idleAfterBytes: number;
}

/** The way of a task, each part from the point before it. */
const PARTS: readonly { readonly name: string; readonly from: keyof Journey | null; readonly to: keyof Journey }[] = [
  { name: 'comment → 👀', from: null, to: 'acknowledgedMs' },
  { name: 'comment → task queued', from: null, to: 'submittedMs' },
  { name: 'queued → claimed', from: 'submittedMs', to: 'claimedMs' },
  { name: 'claimed → context and repository ready', from: 'claimedMs', to: 'hydratedMs' },
  { name: 'ready → worker started', from: 'hydratedMs', to: 'startedMs' },
  { name: "worker started → agent's first model request", from: 'startedMs', to: 'firstRequestMs' },
  { name: "comment → agent's first model request", from: null, to: 'firstRequestMs' },
  { name: 'first model request → last push of the worker', from: 'firstRequestMs', to: 'lastPushMs' },
  { name: 'last push → session ended', from: 'lastPushMs', to: 'sessionEndedMs' },
  { name: 'session ended → branch on GitHub', from: 'sessionEndedMs', to: 'publishedPushMs' },
  { name: 'branch on GitHub → pull request', from: 'publishedPushMs', to: 'pullOpenedMs' },
  { name: 'last push → pull request', from: 'lastPushMs', to: 'pullOpenedMs' },
  { name: 'comment → pull request', from: null, to: 'pullOpenedMs' },
  { name: 'comment → status comment tells the end', from: null, to: 'shownMs' },
];

const GOALS = { ackMs: 300, firstRequestMs: 1_500, publishMs: 1_500, residentMb: 200, doorMs: 3 } as const;
const MB = 2 ** 20;

export function reportJourney(
  figures: { journey: JourneyFigures; door: DoorFigures },
  facts: { machine: Machine; runs: number },
): Report {
  const { journey, door } = figures;
  return {
    bench: 'journey',
    runs: facts.runs,
    machine: facts.machine,
    notes: [
      `Bosun runs in a process of its own with its own PostgreSQL (fsync on); workers run in the ${journey.compute === 'sandbox' ? 'sandbox' : 'open, as plain processes, because there is no sandbox here'}.`,
      'GitHub is the local one, with real git and signed webhooks, on the same cores; the model answers at once, in two turns, and no setup or verify command runs.',
      'The repository has 300 files; its mirror is warm in all runs but the first, which is shown beside them.',
      'Ten seconds lie between two journeys, because Bosun keeps its writes within the limits of GitHub.',
      'At the door one provider is asked directly and through it, in turn, with prompts of 20,000 characters.',
    ],
    tables: [
      {
        title: 'A whole journey, milliseconds',
        head: ['', 'warm mirror', 'first task'],
        rows: PARTS.map((part) => [
          part.name,
          showSpread(journey.journeys.map((one) => lengthOf(one, part))),
          showNumber(lengthOf(journey.first, part)),
        ]),
      },
      {
        title: 'Resident memory of the App, without the database, MB',
        head: ['', 'MB'],
        rows: [
          ['idle after the start', showNumber(journey.idleBytes / MB)],
          [`idle after ${journey.journeys.length + 1} tasks`, showNumber(journey.idleAfterBytes / MB)],
        ],
      },
      {
        title: 'Door, milliseconds',
        head: ['', 'model request', 'first byte of a stream'],
        rows: (['direct', 'loopback', 'socket'] as const).map((way) => [
          {
            direct: 'provider asked directly',
            loopback: 'through the door, loopback',
            socket: 'through the door, Unix socket',
          }[way],
          showSpread(door.requestMs[way], 2),
          showSpread(
            door.firstByteMs[way].map((ms) => ms ?? Number.POSITIVE_INFINITY),
            2,
          ),
        ]),
      },
    ],
    goals: [...journeyGoals(journey), ...doorGoals(door)],
    figures: { ...figures, addedMs: { loopback: addedMs(door, 'loopback'), socket: addedMs(door, 'socket') } },
  };
}

function lengthOf(journey: Journey, { from, to }: (typeof PARTS)[number]): number {
  return journey[to] - (from === null ? 0 : journey[from]);
}

function journeyGoals({ journeys, idleBytes, idleAfterBytes }: JourneyFigures): Goal[] {
  const resident = Math.max(idleBytes, idleAfterBytes) / MB;
  return [
    under(
      'comment → 👀',
      GOALS.ackMs,
      journeys.map((one) => one.acknowledgedMs),
    ),
    under(
      "comment → agent's first model request",
      GOALS.firstRequestMs,
      journeys.map((one) => one.firstRequestMs),
    ),
    under(
      'last push → pull request',
      GOALS.publishMs,
      journeys.map((one) => one.pullOpenedMs - one.lastPushMs),
    ),
    {
      what: 'resident memory, idle',
      goal: `under ${GOALS.residentMb} MB`,
      measured: `${showNumber(resident)} MB`,
      met: resident < GOALS.residentMb,
    },
  ];
}

function under(what: string, limitMs: number, measuredMs: readonly number[]): Goal {
  const middle = median(measuredMs);
  return { what, goal: `under ${showNumber(limitMs)} ms`, measured: `${showNumber(middle)} ms`, met: middle < limitMs };
}

function doorGoals(door: DoorFigures): Goal[] {
  const added = Math.max(median(addedMs(door, 'loopback')), median(addedMs(door, 'socket')));
  const seen = [...door.firstByteMs.loopback, ...door.firstByteMs.socket];
  const heldBack = seen.filter((ms) => ms === null).length;
  return [
    {
      what: 'added to a model request, median',
      goal: `under ${GOALS.doorMs} ms`,
      measured: `${showNumber(added, 2)} ms`,
      met: added < GOALS.doorMs,
    },
    {
      what: 'first byte of a stream held back',
      goal: 'never',
      measured: `${heldBack} of ${seen.length}`,
      met: heldBack === 0,
    },
  ];
}

/** Within each run, so that noise which lasts longer touches both. */
function addedMs({ requestMs }: DoorFigures, way: 'loopback' | 'socket'): number[] {
  return requestMs[way].map((ms, run) => ms - (requestMs.direct[run] ?? Number.NaN));
}
