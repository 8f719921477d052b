import type { Machine } from '../frame/describe-machine.ts';
import type { Report } from '../frame/report.ts';
import { showNumber } from '../frame/show-spread.ts';

/** What came in at one rate, and how it was answered. */
export interface Flow {
  readonly perSecond: number;
  readonly sent: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
  /** Deliveries that the router had yet to settle when the last one was answered. */
  readonly waiting: number;
}

export interface IngressFigures {
  readonly minutes: number;
  readonly steady: Flow;
  readonly burst: Flow;
  /** Answered with 202 in all, and rows that the inbox has after it. */
  readonly answered: number;
  readonly recorded: number;
  /** From the last answer of the burst until the router had settled everything. */
  readonly catchUpMs: number;
}

const P99_MS = 500;

export function reportIngress(figures: IngressFigures, facts: { machine: Machine; bodyBytes: number }): Report {
  const { steady, burst, minutes } = figures;
  const lost = figures.answered - figures.recorded;
  return {
    bench: 'ingress',
    runs: 1,
    machine: facts.machine,
    notes: [
      `Signed issue_comment deliveries of ${showNumber(facts.bodyBytes)} bytes, all of one repository, against Bosun's receiver; PostgreSQL syncs every commit.`,
      `${showNumber(steady.perSecond)} a second for ${minutes} minutes, then ${showNumber(burst.sent)} at ${showNumber(burst.perSecond)} a second; a delivery that starts late counts as late.`,
      'The router takes deliveries out meanwhile, in the same process; what an order leads to takes no time.',
      `The router had settled everything ${showNumber(figures.catchUpMs / 1_000, 1)} s after the burst.`,
    ],
    tables: [
      {
        title: 'From due to answered',
        head: ['', 'deliveries', 'p50 ms', 'p99 ms', 'worst ms', 'not yet routed at the end'],
        rows: [flowRow('steady', steady), flowRow('burst', burst)],
      },
    ],
    goals: [
      goalOf('p99, steady', steady),
      goalOf('p99, burst', burst),
      {
        what: 'answered with 202 and not in the inbox',
        goal: '0',
        measured: `${lost} of ${showNumber(figures.answered)}`,
        met: lost === 0,
      },
    ],
    figures: { ...figures, lost },
  };
}

function flowRow(name: string, flow: Flow): string[] {
  return [
    `${name}, ${showNumber(flow.perSecond)} a second`,
    showNumber(flow.sent),
    showNumber(flow.p50Ms, 1),
    showNumber(flow.p99Ms, 1),
    showNumber(flow.worstMs),
    showNumber(flow.waiting),
  ];
}

function goalOf(what: string, { p99Ms }: Flow): Report['goals'][number] {
  return { what, goal: `at most ${P99_MS} ms`, measured: `${showNumber(p99Ms, 1)} ms`, met: p99Ms <= P99_MS };
}
