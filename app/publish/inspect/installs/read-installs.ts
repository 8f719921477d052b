import { readComposer, readComposerLock, readNpmLock, readNpmManifest } from './json-manifests.ts';
import type { InstallFact } from './install-fact.ts';
import { readTextManifest, TEXT_MANIFESTS } from './text-manifests.ts';
import { foldPath } from '../../gate/fold-path.ts';

/** A change of one file, as text; null where there is none, or where it is no text. */
export interface FileChange {
  readonly path: string;
  readonly isBinary: boolean;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
}

/** More is read by no person either, and reading it would hold up everything else. */
const MOST_BYTES = 2 * 1024 * 1024;

/** Names of files that are programs themselves, run when the package is built or installed. */
const PROGRAMS = /^(?:setup\.py|build\.rs|binding\.gyp|extconf\.rb|package\.swift|mix\.exs|conanfile\.py)$/;

/**
 * What a change does to installing: scripts that run then, packages that come in, and places they come from. Read from
 * manifests and lock files, old against new, so that a new version of what was there already is no news. A file that cannot be
 * read is a fact too.
 */
export function readInstalls(change: FileChange): readonly InstallFact[] {
  const name = foldPath(change.path).split('/').at(-1) ?? '';
  const reader = readerOf(name);
  if (reader === null || change.after === null) {
    return [];
  }
  const { after, before } = change;
  if (change.isBinary || after.length > MOST_BYTES) {
    const why = change.isBinary ? 'it is binary' : 'it is larger than 2 MB';
    return [{ kind: 'unreadable', text: why }];
  }
  return reader({ before: before === null || before.length > MOST_BYTES ? '' : decode(before), after: decode(after) });
}

type Reader = (texts: { before: string; after: string }) => readonly InstallFact[];

function readerOf(name: string): Reader | null {
  switch (name) {
    case 'package.json':
      return readNpmManifest;
    case 'package-lock.json':
    case 'npm-shrinkwrap.json':
      return readNpmLock;
    case 'composer.json':
      return readComposer;
    case 'composer.lock':
      return readComposerLock;
    case 'bun.lockb':
      return () => [{ kind: 'unreadable', text: 'it is binary' }];
  }
  if (PROGRAMS.test(name)) {
    return () => [{ kind: 'script', text: 'the file itself runs when the package is built or installed' }];
  }
  const manifest = TEXT_MANIFESTS.find(({ names }) => names.test(name));
  return manifest === undefined ? null : (texts) => readTextManifest(manifest, texts);
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}
