import { existsSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { CommandRun } from '../protocol/index.ts';

/** Below the home, so that a prepared environment has them too. */
const DIRECTORY = '.node-headers';

/**
 * Installs the headers of the Node.js on the search path. The package that ships this program has them; the program itself
 * is not needed twice.
 */
export const INSTALL_HEADERS =
  `npm install --prefix "$HOME/${DIRECTORY}" --no-save --no-audit --no-fund --ignore-scripts ` +
  `"node-$(node -p 'process.platform + "-" + process.arch + "@" + process.versions.node')" ` +
  `&& rm -rf "$HOME"/${DIRECTORY}/node_modules/node-*/bin`;

/** Whether a command failed because node-gyp could not download headers. yarn hides what a build printed. */
export function lacksHeaders({ exitCode, outputTail }: CommandRun): boolean {
  return exitCode !== 0 && /gyp .*(nodejs\.org|headers\.tar\.gz)|\bYN0009\b/i.test(outputTail);
}

/**
 * The directory that node-gyp takes headers from: next to the Node.js on the search path, else those that were installed.
 * Null where there are none; node-gyp would try to download them.
 */
export function findNodeHeaders(place: { search: string; home: string }): string | null {
  const program = place.search
    .split(':')
    .map((directory) => path.join(directory, 'node'))
    .find((file) => existsSync(file));
  const installed = path.join(place.home, DIRECTORY, 'node_modules');
  const candidates = [
    ...(program === undefined ? [] : [path.dirname(path.dirname(realpathSync(program)))]),
    ...(place.home !== '' && existsSync(installed)
      ? readdirSync(installed).map((name) => path.join(installed, name))
      : []),
  ];
  return candidates.find((root) => existsSync(path.join(root, 'include', 'node', 'node.h'))) ?? null;
}
