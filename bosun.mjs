#!/usr/bin/env node
// Starts the command line with Node 24 or newer: the installed one where it is new enough, else the one that
// `npm ci` brought along. Plain JavaScript, because an older Node has to be able to read it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const entry = path.join(here, 'app', 'cli', 'bosun.ts');
const bundled = path.join(here, 'node_modules', 'node', 'bin', 'node');
const major = Number(process.versions.node.split('.')[0]);

if (major >= 24) {
  await import(pathToFileURL(entry).href);
} else if (existsSync(bundled)) {
  const child = spawn(bundled, [entry, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
} else {
  console.error(
    `bosun needs Node 24 or newer; this is ${process.version}. Run \`npm ci\` in ${here}, which brings it along.`,
  );
  process.exitCode = 1;
}
