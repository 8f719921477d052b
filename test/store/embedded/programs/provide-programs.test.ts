import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { locateBinaries, type Binaries } from '../../../../app/store/embedded/programs/locate-binaries.ts';
import { providePrograms, removeOldPrograms } from '../../../../app/store/embedded/programs/provide-programs.ts';

const { username, uid, gid } = userInfo();
const user = { name: username, uid, gid, switched: false };
let folder: string;
let home: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bosun-programs-'));
  home = join(folder, 'home');
  mkdirSync(home);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What npm leaves with `--ignore-scripts`: no links between the libraries. */
function installedWithoutScripts(): Binaries {
  const binaries = locateBinaries();
  const root = join(folder, 'native');
  cpSync(binaries.root, root, { recursive: true, verbatimSymlinks: true });
  for (const name of binaries.links.keys()) {
    rmSync(join(root, 'lib', name), { force: true });
  }
  return { ...binaries, root };
}

test('uses the programs where they are when they work there', () => {
  const binaries = locateBinaries();
  const linked = { ...binaries, links: new Map() };
  expect(providePrograms(linked, home, user).root).toBe(binaries.root);
  expect(readdirSync(home)).toEqual([]);
});

test('makes a working copy, once, when npm ran without install scripts', () => {
  const binaries = installedWithoutScripts();
  const programs = providePrograms(binaries, home, user);
  expect(programs.root).toBe(join(home, `server-${binaries.version}`));
  for (const [name, target] of binaries.links) {
    expect(readlinkSync(join(programs.root, 'lib', name))).toBe(target);
  }
  const said = execFileSync(join(programs.root, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' });
  expect(said).toContain(`PostgreSQL) ${binaries.major}.`);
  expect(providePrograms(binaries, home, user)).toEqual(programs);
  expect(readdirSync(home)).toEqual([`server-${binaries.version}`]);
});

test('keeps the copy in use and removes those of other versions', () => {
  for (const name of ['server-17.0.0', 'server-18.1.0', 'draft-1', 'data']) {
    mkdirSync(join(home, name));
  }
  removeOldPrograms(home, { root: join(home, 'server-18.1.0') });
  expect(readdirSync(home).sort()).toEqual(['data', 'server-18.1.0']);
});
