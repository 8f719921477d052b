import { readFile } from 'node:fs/promises';
import { build, type OutputFile } from 'esbuild';
import { BUNDLE, findStowaways, ROOT } from './bundle-options.ts';

/**
 * Bundles the Action and its worker into `action/dist`, which is committed, so that `uses: …@ref` works from any ref.
 * `--check` compares instead of writing.
 */
async function isSame(file: OutputFile): Promise<boolean> {
  try {
    return Buffer.from(file.contents).equals(await readFile(file.path));
  } catch {
    return false;
  }
}

async function findStale(outputFiles: readonly OutputFile[]): Promise<string[]> {
  const stale: string[] = [];
  for (const file of outputFiles) {
    if (!(await isSame(file))) {
      stale.push(file.path.slice(ROOT.length));
    }
  }
  return stale.length === 0 ? [] : [`Out of date: ${stale.join(', ')}. Run \`npm run bundle\` and commit the result.`];
}

const isCheck = process.argv.includes('--check');
const { outputFiles, metafile } = await build({ ...BUNDLE, write: !isCheck, logLevel: isCheck ? 'warning' : 'info' });
const problems = [
  ...(metafile === undefined ? [] : findStowaways(metafile)),
  ...(isCheck ? await findStale(outputFiles ?? []) : []),
];
for (const problem of problems) {
  console.error(problem);
}
process.exitCode = problems.length === 0 ? 0 : 1;
