import { parseArgs } from 'node:util';
import { findWorkers } from '../compute/test-engine.ts';
import { serveDatabases } from '../support/test-databases.ts';
import { borrowDatabase } from './borrow-database.ts';
import { JOURNEYS } from './journeys.ts';
import { listPlans, samplePlans, withoutRepeats, type Plan } from './list-plans.ts';
import { renderCrashes } from './render-crashes.ts';
import { crashAt, recordPoints, type Crashed } from './run-journey.ts';

const USAGE = `Usage: npm run crash [-- --points FILTER] [--variant same|other] [--sample N] [--jobs N] [--compute docker] [--json] [--list]

Kills a Bosun with SIGKILL at every point where it is about to change something that lasts or has just done so, has
another go on, and checks what came of it from the local GitHub's own records and the rows.

  --points FILTER  only points whose "journey/point" contains it; with "cancel/" all of that journey
  --variant V      same: the machine is started again; other: another machine takes over (both)
  --every          a point that several journeys come by in each of them, not in the first alone
  --sample N       N of them, spread evenly
  --jobs N         how many at a time (2)
  --compute docker workers in containers of the engine that BOSUN_TEST_DOCKER names, instead of plain processes
  --json           the table as one JSON document
  --list           names the points and kills nobody
`;

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', short: 'h' },
      points: { type: 'string', default: '' },
      variant: { type: 'string' },
      every: { type: 'boolean' },
      sample: { type: 'string' },
      jobs: { type: 'string', default: '2' },
      compute: { type: 'string', default: 'process' },
      json: { type: 'boolean' },
      list: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const databases = await serveDatabases({ serverUrl: process.env['BOSUN_TEST_DATABASE_URL'] });
  try {
    const workers = await findWorkers(values.compute);
    const named = JOURNEYS.filter(({ name }) => values.points.startsWith(`${name}/`));
    const recorded = (named.length > 0 ? named : JOURNEYS).map(async (journey) => {
      const names = await borrowDatabase(databases.url, (connection) => recordPoints(connection, journey, workers));
      note(`${journey.name}: ${names.length} points`);
      return [journey.name, names] as const;
    });
    const points = new Map(await Promise.all(recorded));
    const all = listPlans(points);
    const wanted = (values.every === true ? all : withoutRepeats(all)).filter(
      (plan) =>
        `${plan.journey}/${plan.point}`.includes(values.points) && (values.variant ?? plan.variant) === plan.variant,
    );
    const plans = values.sample === undefined ? wanted : samplePlans(wanted, Number(values.sample));
    if (values.list === true) {
      process.stdout.write(plans.map((plan) => `${plan.journey}/${plan.point} ${plan.variant}\n`).join(''));
      return 0;
    }
    const startedMs = Date.now();
    const crashes = await crashAll(plans, { deskUrl: databases.url, jobs: Number(values.jobs), workers });
    const tookMs = Date.now() - startedMs;
    process.stdout.write(
      values.json === true ? `${JSON.stringify({ tookMs, crashes }, null, 2)}\n` : renderCrashes(crashes, tookMs),
    );
    return crashes.some(({ reached, broken }) => reached && broken.length > 0) ? 1 : 0;
  } finally {
    await databases.close();
  }
}

/** So many at a time, each on a database of its own. */
async function crashAll(
  plans: readonly Plan[],
  options: { deskUrl: string; jobs: number; workers: Readonly<Record<string, string>> },
): Promise<readonly Crashed[]> {
  const waiting = [...plans.entries()];
  const crashes: Crashed[] = [];
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, plan] = next;
      const journey = JOURNEYS.find(({ name }) => name === plan.journey);
      if (journey === undefined) {
        throw new Error(`there is no journey ${plan.journey}`);
      }
      const { workers } = options;
      const crashed = await borrowDatabase(options.deskUrl, (connection) =>
        crashAt(connection, { ...plan, journey, workers }),
      );
      crashes[index] = crashed;
      const how = crashed.convergedMs === null ? 'NOT CONVERGED' : `${crashed.convergedMs} ms`;
      note(
        `${index + 1}/${plans.length} ${plan.journey}/${plan.point} ${plan.variant}: ${crashed.reached ? how : 'not reached'}${crashed.broken.map((one) => `\n    ${one}`).join('')}`,
      );
    }
  }
  await Promise.all(Array.from({ length: options.jobs }, work));
  return crashes;
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

process.exitCode = await main(process.argv.slice(2));
