import type { Machine } from '../frame/describe-machine.ts';
import { median } from '../frame/quantile.ts';
import type { Goal, Report, Table } from '../frame/report.ts';
import { showNumber, showSpread } from '../frame/show-spread.ts';
import type { Round } from './measure-alternating.ts';

export type ContestantName = 'bare' | 'bosun' | 'probot';

export interface IntakeRounds {
  /** By number of callers and server, one round for each run. */
  readonly closed: Readonly<Record<number, Readonly<Record<ContestantName, Round[]>>>>;
  /** At half of Bosun's own peak; the bare one beside it shows what the machine and the database do on their own. */
  readonly half: { readonly perSecond: number; readonly bare: Round[]; readonly bosun: Round[] };
}

const NAMES: Readonly<Record<ContestantName, string>> = {
  bare: 'bare node:http + HMAC + INSERT',
  bosun: "Bosun's receiver",
  probot: "Probot's own server + INSERT",
};

const GOALS = { toBare: 0.9, toProbot: 1, halfP99Ms: 50 } as const;

export function reportIntake(
  rounds: IntakeRounds,
  facts: { machine: Machine; runs: number; bodyBytes: number },
): Report {
  const peak = ratios(rounds, 32);
  const p99 = rounds.half.bosun.map((round) => round.p99Ms);
  return {
    bench: 'intake',
    runs: facts.runs,
    machine: facts.machine,
    notes: [
      `One delivery is a signed issue_comment of ${showNumber(facts.bodyBytes)} bytes with an id of its own; each is answered after one INSERT that PostgreSQL synced to disk.`,
      'All three write to tables of the same shape through a pool of 16 connections; they run in processes of their own, in turn, and so does the load.',
      "Bosun's receiver is wired as `bosun start` wires it, with dashboard and metrics; no router takes deliveries out meanwhile.",
      'In each run the servers take turns in slices of a third of a second; ratios are taken within a run. Noise that lasts longer than a slice falls on all of them.',
    ],
    tables: [
      ...[1, 32].map((callers) => loadTable(rounds, callers)),
      {
        title: `Open loop at half of Bosun's peak: ${showNumber(rounds.half.perSecond)} deliveries a second`,
        head: ['', 'p50 ms', 'p99 ms'],
        rows: (['bare', 'bosun'] as const).map((name) => [
          NAMES[name],
          showSpread(
            rounds.half[name].map((round) => round.p50Ms),
            1,
          ),
          showSpread(
            rounds.half[name].map((round) => round.p99Ms),
            1,
          ),
        ]),
      },
      {
        title: "Bosun's rate, relative",
        head: ['callers', 'to bare', "to Probot's"],
        rows: [1, 32].map((callers) => {
          const { toBare, toProbot } = ratios(rounds, callers);
          return [String(callers), showSpread(toBare, 2), showSpread(toProbot, 2)];
        }),
      },
    ],
    goals: [
      goal('rate to bare, 32 callers', `at least ${GOALS.toBare}`, {
        measured: showNumber(median(peak.toBare), 2),
        met: median(peak.toBare) >= GOALS.toBare,
      }),
      goal("rate to Probot's own, 32 callers", `above ${GOALS.toProbot}`, {
        measured: showNumber(median(peak.toProbot), 2),
        met: median(peak.toProbot) > GOALS.toProbot,
      }),
      goal('p99 at half load', `under ${GOALS.halfP99Ms} ms`, {
        measured: `${showNumber(median(p99), 1)} ms`,
        met: median(p99) < GOALS.halfP99Ms,
      }),
    ],
    figures: { ...rounds, ratios: { 1: ratios(rounds, 1), 32: peak } },
  };
}

function goal(what: string, wanted: string, result: Pick<Goal, 'measured' | 'met'>): Goal {
  return { what, goal: wanted, ...result };
}

function ratios(rounds: IntakeRounds, callers: number): { toBare: number[]; toProbot: number[] } {
  const { bare, bosun, probot } = roundsOf(rounds, callers);
  function to(other: readonly Round[]): number[] {
    return bosun.map((round, run) => round.perSecond / (other[run]?.perSecond ?? Number.NaN));
  }
  return { toBare: to(bare), toProbot: to(probot) };
}

function loadTable(rounds: IntakeRounds, callers: number): Table {
  const byName = roundsOf(rounds, callers);
  return {
    title: callers === 1 ? '1 caller' : `${callers} callers`,
    head: ['', 'deliveries/s', 'p50 ms', 'p99 ms', 'CPU µs of the server'],
    rows: (Object.keys(NAMES) as ContestantName[]).map((name) => [
      NAMES[name],
      showSpread(byName[name].map((round) => round.perSecond)),
      showSpread(
        byName[name].map((round) => round.p50Ms),
        2,
      ),
      showSpread(
        byName[name].map((round) => round.p99Ms),
        1,
      ),
      showSpread(byName[name].map((round) => round.cpuUs)),
    ]),
  };
}

function roundsOf(rounds: IntakeRounds, callers: number): Readonly<Record<ContestantName, Round[]>> {
  return rounds.closed[callers] ?? { bare: [], bosun: [], probot: [] };
}
