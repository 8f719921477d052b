import { readFile } from 'node:fs/promises';
import { build, type BuildOptions, type OutputFile } from 'esbuild';

/**
 * Bundles the Action and its worker into `action/dist`, which is committed, so that `uses: …@ref` works from any ref.
 * `--check` compares instead of writing.
 */
const root = new URL('..', import.meta.url).pathname;

const OPTIONS: BuildOptions = {
  absWorkingDir: root,
  entryPoints: { main: 'action/main.ts', worker: 'worker/main.ts' },
  outdir: 'action/dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  charset: 'utf8',
  // Libraries in CommonJS call require() for Node's own modules.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
};

async function isSame(file: OutputFile): Promise<boolean> {
  try {
    return Buffer.from(file.contents).equals(await readFile(file.path));
  } catch {
    return false;
  }
}

async function check(): Promise<number> {
  const { outputFiles } = await build({ ...OPTIONS, write: false });
  const stale: string[] = [];
  for (const file of outputFiles ?? []) {
    if (!(await isSame(file))) {
      stale.push(file.path.slice(root.length));
    }
  }
  if (stale.length > 0) {
    console.error(`Out of date: ${stale.join(', ')}. Run \`npm run bundle\` and commit the result.`);
  }
  return stale.length === 0 ? 0 : 1;
}

if (process.argv.includes('--check')) {
  process.exitCode = await check();
} else {
  await build({ ...OPTIONS, logLevel: 'info' });
}
