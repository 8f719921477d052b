import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { plotBars } from './frame/plot-bars.ts';
import { renderReport } from './frame/render-report.ts';
import type { BenchOptions, Report } from './frame/report.ts';

interface Bench {
  readonly summary: string;
  readonly run: (options: BenchOptions) => Promise<Report>;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  intake: {
    summary: 'deliveries a second: Bosun, a bare receiver and Probot on one database',
    run: async (options) => (await import('./intake/run-intake.ts')).runIntake(options),
  },
  lifecycle: {
    summary: 'tasks a second from admitted to COMPLETED, beside DBOS, pg-boss and graphile-worker',
    run: async (options) => (await import('./lifecycle/run-lifecycle.ts')).runLifecycle(options),
  },
  backlog: {
    summary: 'claims with a thousand and with a million waiting tasks, and what a noisy repository does to quiet ones',
    run: async (options) => (await import('./backlog/run-backlog.ts')).runBacklog(options),
  },
  scale: {
    summary: 'one, two and four orchestrator processes, their memory, and what a task costs the database',
    run: async (options) => (await import('./scale/run-scale.ts')).runScale(options),
  },
  latency: {
    summary: 'enqueued to claimed on an idle system, beside DBOS, pg-boss and graphile-worker',
    run: async (options) => (await import('./latency/run-latency.ts')).runLatency(options),
  },
  ingress: {
    summary: 'a steady flow of deliveries and a burst: how late they are answered, and whether any is lost',
    run: async (options) => (await import('./ingress/run-ingress.ts')).runIngress(options),
  },
  workers: {
    summary: 'set-up, checkout and start of workers beside plain npm ci, git clone, bubblewrap and docker run',
    run: async (options) => (await import('./workers/run-workers.ts')).runWorkers(options),
  },
  journey: {
    summary: "Bosun's own time from the comment to the pull request, its memory, and what the door adds",
    run: async (options) => (await import('./journey/run-journey.ts')).runJourney(options),
  },
};

const USAGE = `Usage: npm run bench -- NAME [--runs N] [--json] [--minutes N] [--plot DIR] [--profile DIR]

${Object.entries(BENCHES)
  .map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`)
  .join('\n')}

  --runs N       how often everything is measured; medians are shown (5)
  --minutes N    how long ingress plays its steady flow (10)
  --json         one JSON document instead of tables
  --plot DIR     writes NAME.svg there, for lifecycle and latency
  --profile DIR  CPU profiles of the measured processes

Goals that are missed are shown as missed; the exit code is 0 all the same, because figures depend on the machine.
`;

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      runs: { type: 'string', default: '5' },
      minutes: { type: 'string', default: '10' },
      plot: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  const [name] = positionals;
  if (values.help === true || name === undefined) {
    process.stdout.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  const runs = Number(values.runs);
  const minutes = Number(values.minutes);
  if (bench === undefined) {
    return refuse(`There is no bench "${name}". There is: ${Object.keys(BENCHES).join(', ')}.`);
  }
  if (!Number.isInteger(runs) || runs < 1 || runs > 100) {
    return refuse(`--runs takes a whole number from 1 to 100, not "${values.runs}".`);
  }
  if (!(minutes > 0 && minutes <= 60)) {
    return refuse(`--minutes takes a number above 0 and up to 60, not "${values.minutes}".`);
  }
  const profileDirectory = values.profile === undefined ? null : path.resolve(values.profile);
  if (profileDirectory !== null) {
    mkdirSync(profileDirectory, { recursive: true });
  }
  const report = await bench.run({
    runs,
    profileDirectory,
    minutes,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  if (values.plot !== undefined && report.plot !== undefined) {
    mkdirSync(values.plot, { recursive: true });
    writeFileSync(path.join(values.plot, `${report.bench}.svg`), plotBars(report.plot));
  }
  process.stdout.write(values.json === true ? `${JSON.stringify(report, null, 2)}\n` : `${renderReport(report)}\n`);
  return 0;
}

function refuse(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  process.stderr.write(
    `${isUsage ? `${error.message}\nSee npm run bench -- --help.` : String((error as Error).stack)}\n`,
  );
  process.exitCode = isUsage ? 2 : 1;
}
