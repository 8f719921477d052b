import { build } from 'esbuild';
import { BUNDLE } from './bundle-options.ts';

/**
 * Bundles the worker for machines that have nothing of Bosun: `join.mjs` gets the job, `worker.mjs` does it. The directory
 * is the only argument; the image of Bosun has it at `/app/program`.
 */
const [outdir] = process.argv.slice(2);
if (outdir === undefined) {
  console.error('Give the directory to write to as the only argument.');
  process.exitCode = 2;
} else {
  await build({
    ...BUNDLE,
    entryPoints: { join: 'worker/join.ts', worker: 'worker/main.ts' },
    outdir,
    metafile: false,
    logLevel: 'info',
  });
}
