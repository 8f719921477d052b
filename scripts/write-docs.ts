import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { format, type FormatOptions } from 'oxfmt';

import { fillSections } from './docs/fill-sections.ts';
import { SECTIONS } from './docs/sections.ts';

/**
 * Writes the tables of `docs/` that come from code, between `<!-- generated: NAME -->` and `<!-- end -->`.
 * With `--check` nothing is written, and a table that has fallen behind is an error.
 */
const root = new URL('..', import.meta.url).pathname;
const isCheck = process.argv.includes('--check');
const style = JSON.parse(readFileSync(`${root}.oxfmtrc.json`, 'utf8')) as FormatOptions;
const problems: string[] = [];
const used = new Set<string>();

for (const file of globSync('docs/*.md', { cwd: root }).toSorted()) {
  const before = readFileSync(root + file, 'utf8');
  const filled = await fillSections(before, SECTIONS);
  if (!filled.ok) {
    problems.push(`${file}: ${filled.problem}`);
    continue;
  }
  filled.names.forEach((name) => used.add(name));
  const formatted = await format(file, filled.text, style);
  if (formatted.code === before) {
    continue;
  }
  if (isCheck) {
    problems.push(`${file} has fallen behind the code. Run \`npm run docs\` and commit what it writes.`);
  } else {
    writeFileSync(root + file, formatted.code);
    console.log(`wrote ${file}`);
  }
}
for (const name of Object.keys(SECTIONS)) {
  if (!used.has(name)) {
    problems.push(`no file in docs/ shows the generated section "${name}"`);
  }
}

problems.forEach((problem) => console.error(problem));
process.exitCode = problems.length === 0 ? 0 : 1;
