import { parseArgs } from 'node:util';
import { borrowDatabase } from '../crash/borrow-database.ts';
import { findWorkers } from '../compute/test-engine.ts';
import { serveDatabases } from '../support/test-databases.ts';
import { repeatDeliveries, type RepeatResult } from './repeat-deliveries.ts';
import { runSoak, type SoakResult } from './run-soak.ts';

const USAGE = `Usage: npm run soak [-- --tasks N] [--kills N] [--seed N] [--compute docker] [--json]

Two orchestrators, two doors and a web process on one PostgreSQL and the local GitHub work off N tasks while one of them
after the other is killed with SIGKILL at random and started again. At the end nothing may be lost, double, stuck or left.

  --tasks N  (300)
  --kills N  (75)
  --seed N   who is killed, and when (1)
  --compute docker   workers in containers of the engine that BOSUN_TEST_DOCKER names, instead of plain processes
  --json     the result as one JSON document

npm run soak -- --duplicates [--deliveries N] [--callers N] [--commands N] [--json]

Sends N (100000) deliveries of a few (50) commands to a web process, so many (100) at a time, half of them under the
delivery id they came with and half under a fresh one. There may be no task but one for each command.
`;

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', short: 'h' },
      tasks: { type: 'string', default: '300' },
      kills: { type: 'string', default: '75' },
      seed: { type: 'string', default: '1' },
      compute: { type: 'string', default: 'process' },
      duplicates: { type: 'boolean' },
      deliveries: { type: 'string', default: '100000' },
      callers: { type: 'string', default: '100' },
      commands: { type: 'string', default: '50' },
      json: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const databases = await serveDatabases({ serverUrl: process.env['BOSUN_TEST_DATABASE_URL'] });
  try {
    if (values.duplicates === true) {
      const { deliveries, callers, commands } = values;
      const repeated = await borrowDatabase(databases.url, (connection) =>
        repeatDeliveries(connection, {
          deliveries: Number(deliveries),
          callers: Number(callers),
          commands: Number(commands),
        }),
      );
      process.stdout.write(values.json === true ? `${JSON.stringify(repeated, null, 2)}\n` : renderRepeated(repeated));
      return repeated.faults.length === 0 ? 0 : 1;
    }
    const workers = await findWorkers(values.compute);
    const result = await borrowDatabase(databases.url, (connection) =>
      runSoak(connection, {
        tasks: Number(values.tasks),
        kills: Number(values.kills),
        seed: Number(values.seed),
        workers,
        onProgress: (line) => process.stderr.write(`${line}\n`),
      }),
    );
    process.stdout.write(values.json === true ? `${JSON.stringify(result, null, 2)}\n` : renderSoak(result));
    return result.settledMs === null ? 1 : 0;
  } finally {
    await databases.close();
  }
}

function renderSoak(result: SoakResult): string {
  const { losses } = result;
  const settled = result.settledMs === null ? 'not within 60 s' : `${(result.settledMs / 1_000).toFixed(1)} s`;
  const sentences = Object.entries(losses).flatMap(([kind, list]) =>
    (list as readonly string[]).slice(0, 20).map((sentence) => `${kind}: ${sentence}`),
  );
  return [
    '| tasks | kills | seed | tasks/s | all in order after | lost | double | stuck | orphans | broken | ended by themselves |',
    '|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
    `| ${result.tasks} | ${result.kills} | ${result.seed} | ${(result.tasks / (result.tookMs / 1_000)).toFixed(2)} | ${settled} | ${losses.lost.length} | ${losses.double.length} | ${losses.stuck.length} | ${losses.orphans.length} | ${losses.broken.length} | ${result.fell} |`,
    ...sentences,
    '',
  ].join('\n');
}

function renderRepeated(result: RepeatResult): string {
  const perSecond = (ms: number, count: number): string => Math.round(count / (ms / 1_000)).toString();
  return [
    '| deliveries | at a time | commands | fresh ids | not taken | tasks | taken/s | routed/s (fresh) |',
    '|--:|--:|--:|--:|--:|--:|--:|--:|',
    `| ${result.deliveries} | ${result.callers} | ${result.commands} | ${result.fresh} | ${result.refused} | ${result.tasks} | ${perSecond(result.takenMs, result.deliveries)} | ${perSecond(result.routedMs, result.fresh)} |`,
    ...result.faults,
    '',
  ].join('\n');
}

process.exitCode = await main(process.argv.slice(2));
