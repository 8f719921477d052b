import type { Machine } from '../frame/describe-machine.ts';
import { median } from '../frame/quantile.ts';
import type { Report } from '../frame/report.ts';
import { showNumber, showSpread } from '../frame/show-spread.ts';
import { PROCESSES, type ScaleFigures, type Work } from './scale-figures.ts';

const MB = 1_000_000;
const WORK_NAMES: Readonly<Record<keyof Work, string>> = {
  transactions: 'transactions',
  inserted: 'rows inserted',
  updated: 'rows updated',
  deleted: 'rows deleted',
  walBytes: 'bytes of WAL',
};

export function reportScale(measured: ScaleFigures, facts: { machine: Machine; runs: number }): Report {
  const { commitsPerSecond, memory, perSecond, work } = measured;
  const transactions = median(work.map((one) => one.transactions));
  const ceiling = median(commitsPerSecond) / transactions;
  const perThousandMb = ((memory.besideBacklogBytes - memory.idleBytes) / memory.backlog / MB) * 1_000;
  return {
    bench: 'scale',
    runs: facts.runs,
    machine: facts.machine,
    notes: [
      'Tasks go from admitted to COMPLETED with a worker that takes no time; processes, database and load share the cores.',
      `On paper: this server commits ${showNumber(median(commitsPerSecond))} small transactions a second from 16 callers, and a task needs ${showNumber(transactions, 1)}, so that one such PostgreSQL ends at about ${showNumber(ceiling)} tasks a second, ${showNumber((ceiling * 86_400) / 1e6, 1)} million a day, however many processes there are. Claims and endings also follow each other on one row, the slots of the server.`,
      'The road past it: installations share nothing but that row and the day budget of the server, so they can be split over several databases, each with limits of its own.',
    ],
    tables: [
      {
        title: 'Rate',
        head: ['processes', 'tasks a second', 'to one'],
        rows: PROCESSES.map((count) => [
          String(count),
          showSpread(perSecond[count]),
          showNumber(median(perSecond[count].map((value, index) => value / (perSecond[1][index] ?? Number.NaN))), 2),
        ]),
      },
      {
        title: 'What the database does for one task',
        head: ['', 'a task'],
        rows: (Object.keys(WORK_NAMES) as (keyof Work)[]).map((key) => [
          WORK_NAMES[key],
          showSpread(
            work.map((one) => one[key]),
            key === 'walBytes' ? 0 : 1,
          ),
        ]),
      },
      {
        title: 'Memory of an orchestrator process',
        head: ['', 'MB'],
        rows: [
          ['waiting', showNumber(memory.idleBytes / MB)],
          [`beside ${showNumber(memory.backlog)} waiting tasks`, showNumber(memory.besideBacklogBytes / MB)],
          ['for each 1,000 waiting tasks', showNumber(perThousandMb, 2)],
        ],
      },
    ],
    goals: [],
    figures: { ...measured, ceilingPerSecond: ceiling, perThousandMb },
  };
}
