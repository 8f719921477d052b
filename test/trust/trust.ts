// Attacks without a model: `npm run trust [-- --sample] [-- --json] [-- NAME…]`. Ends with 1 when anything came through.
import { parseArgs } from 'node:util';
import { SUITES } from './suites.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, sample: { type: 'boolean', default: false } },
});

const chosen = SUITES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const rows: { name: string; claim: string; tries: number; bypasses: number; seconds: number; examples: string[] }[] =
  [];
for (const { claim, name, run } of chosen) {
  const startedAt = performance.now();
  const { bypasses, tries } = await run(values.sample ? 'sample' : 'whole');
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  rows.push({ name, claim, tries, bypasses: bypasses.length, seconds, examples: bypasses.slice(0, 5) });
  if (!values.json) {
    console.log(
      `${name.padEnd(16)} ${String(tries).padStart(8)} tries ${String(bypasses.length).padStart(5)} bypasses ${seconds} s`,
    );
    bypasses.slice(0, 5).forEach((example) => console.log(`  ${example}`));
  }
}
const bypasses = rows.reduce((sum, row) => sum + row.bypasses, 0);
if (values.json) {
  console.log(
    JSON.stringify({ bypasses, tries: rows.reduce((sum, row) => sum + row.tries, 0), suites: rows }, null, 2),
  );
}
process.exitCode = bypasses === 0 ? 0 : 1;
