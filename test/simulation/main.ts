import { parseArgs } from 'node:util';
import { findPlanted, renderFindings } from './planted/find-planted.ts';
import { PLANTED_BUGS } from './planted/planted-bugs.ts';
import { createSummary, renderFailure, renderSummary } from './run/render-summary.ts';
import { runSeed } from './run/run-seed.ts';
import { runSeeds } from './run/run-seeds.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    hours: { type: 'string', default: '24' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    planted: { type: 'boolean', default: false },
  },
});
const hours = Number(values.hours);
const summary = createSummary(hours);

if (values.planted) {
  const run = ({ bug, ...order }: { seed: number; hours: number; bug: string | null }) => {
    const plant = PLANTED_BUGS.find(({ name }) => name === bug)?.plant;
    return runSeed({ ...order, ...(plant === undefined ? {} : { plant }) });
  };
  const findings = await findPlanted({ seeds: Number(values.seeds), hours }, run, ({ bug, seed, sentence }) =>
    console.error(`${bug}: ${seed === null ? 'not found' : `seed ${seed}, ${sentence}`}`),
  );
  console.log(values.json ? JSON.stringify(findings, null, 2) : renderFindings(findings));
  process.exit(findings.every(({ seed }) => seed !== null) ? 0 : 1);
}
if (values.seed === undefined) {
  const count = Number(values.seeds);
  await runSeeds({ from: Number(values.from), count, hours, bug: null }, (result) => {
    summary.add(result);
    if (result.broken !== null) {
      console.error(renderFailure(result, hours));
    }
    if (!values.json && summary.seeds() % Math.ceil(count / 20) === 0) {
      console.error(`${summary.seeds()} of ${count} seeds, ${summary.failed()} failed`);
    }
    return 'on';
  });
} else {
  const print = values.trace ? { print: (line: string) => console.log(line) } : {};
  const result = await runSeed({ seed: Number(values.seed), hours, ...print });
  summary.add(result);
  if (result.broken !== null) {
    console.error(renderFailure(result, hours));
  }
}
console.log(values.json ? JSON.stringify(summary.facts(), null, 2) : renderSummary(summary.facts()));
process.exitCode = summary.failed() > 0 ? 1 : 0;
