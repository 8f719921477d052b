import { appendFile, copyFile, mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { git, runGit } from './run-git.ts';

/**
 * Reads what the agent changed in the working copy, byte for byte. Git's own comparison converts line ends, encodings and
 * `$Id$` first, so that a file which the repository stores unconverted counts as changed although nobody touched it. Here
 * two readings without any conversion are compared, and only the files that differ are converted, as `git add` would.
 */
export interface WorkingCopy {
  /** Tree of the start commit with the agent's changes in it. */
  readonly readTree: () => Promise<{ readonly tree: string; readonly leftOut: readonly string[] }>;
}

export interface WorkingCopyPlace {
  /** The agent's clone. */
  readonly repository: string;
  /** The worker's bare repository. */
  readonly keep: string;
  readonly env: Readonly<Record<string, string>>;
  readonly startSha: string;
  /** Set-up left files in the working copy, which are nobody's change. */
  readonly isPrepared: boolean;
}

/** Almost never part of a change, even where the repository forgot to ignore it. Tracked files stay, and people are told. */
const JUNK = ['node_modules/', '__pycache__/', '*.pyc', '.venv/', '.DS_Store', '.npm/', '.cache/'];
/** In `info/attributes`, which has the last word: no conversion of any kind. */
const UNCONVERTED = '* -text -ident -filter !eol !working-tree-encoding\n';
const MAX_FILE_BYTES = 50 * 1024 * 1024;
const GITLINK = '160000';

interface Entry {
  readonly file: string;
  readonly oldMode: string;
  readonly mode: string;
  readonly oldOid: string;
  readonly oid: string;
}

/** Takes the first reading; to be called before anything runs in the working copy. */
export async function openWorkingCopy(place: WorkingCopyPlace): Promise<WorkingCopy> {
  const { keep, repository, startSha } = place;
  const env = { ...place.env, GIT_DIR: keep, GIT_WORK_TREE: repository };
  const run = (args: readonly string[], input = ''): Promise<string> => git({ args, cwd: repository, env, input });
  await mkdir(path.join(keep, 'info'), { recursive: true });
  await appendFile(path.join(keep, 'info', 'exclude'), `${JUNK.join('\n')}\n`);
  await writeFile(path.join(keep, 'info', 'attributes'), UNCONVERTED);
  // With the index comes the knowledge that nothing has changed, so that a reading does not read every file.
  await copyFile(path.join(repository, '.git', 'index'), path.join(keep, 'index'));
  const hasAttributes = (await run(['ls-files', '-z', '--', ':(glob)**/.gitattributes'])) !== '';
  const startTree = (await run(['rev-parse', `${startSha}^{tree}`])).trim();
  const convert = hasAttributes ? await openConverter(place) : null;
  const listed = (await run(['ls-files', '-t', '--stage', '-z'])).split('\0').map(parseIndexEntry);
  const absent = listed.filter(({ isAbsent }) => isAbsent).map(({ file }) => file);
  // Git would run in a submodule to see whether it changed, and what stands in its configuration
  const links = listed.filter(({ mode }) => mode === GITLINK).map(({ file }) => `:(exclude,literal)${file}`);
  const add = ['add', ...(absent.length === 0 ? [] : ['--sparse'])];
  if (convert !== null) {
    // Files that the checkout converted have other bytes than their blobs.
    await run(['read-tree', startSha]);
    await run(['update-index', '--skip-worktree', '-z', '--stdin'], absent.map((file) => `${file}\0`).join(''));
    await run([...add, '--update', '--', '.', ...links]);
  }
  const baseTree = convert === null ? startTree : (await run(['write-tree'])).trim();
  const converted = new Set((await listChanges(['diff-tree', '-r', startTree, baseTree])).map(({ file }) => file));
  let lastRaw = baseTree;

  async function listChanges(command: readonly string[]): Promise<Entry[]> {
    const raw = await run([...command.slice(0, 1), '--raw', '-z', '--no-renames', '--no-abbrev', ...command.slice(1)]);
    const fields = raw.split('\0');
    const entries: Entry[] = [];
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [oldMode = '', mode = '', oldOid = '', oid = ''] = (fields[at] ?? '').replace(/^:/, '').split(' ');
      entries.push({ file: fields[at + 1] ?? '', oldMode, mode, oldOid, oid });
    }
    return entries;
  }

  async function listUntracked(): Promise<string[]> {
    const others = ['ls-files', '--others', '--directory', '--no-empty-directory', '-z'];
    const listing = await run([...others, '--exclude-per-directory=.gitignore']);
    return listing.split('\0').filter((file) => file !== '');
  }

  const leftBehind = new Set(place.isPrepared ? await listUntracked() : []);

  /** Everything that is not ignored goes into the index; what must not be committed is taken out again. */
  async function readRaw(): Promise<string[]> {
    const args = [...add, '--all', '--ignore-errors', '--', '.', ...links];
    const added = await runGit({ args, cwd: repository, env });
    const unreadable = added.ok ? [] : [`files git could not read: ${added.reason}`];
    const unwanted = await findUnwanted(await listChanges(['diff-index', '--cached', lastRaw]));
    if (unwanted.length > 0) {
      const args = ['--literal-pathspecs', 'reset', '--quiet', lastRaw];
      await run(
        [...args, '--pathspec-from-file=-', '--pathspec-file-nul'],
        unwanted.map((file) => `${file}\0`).join(''),
      );
    }
    // Without the worker's own patterns: what the repository itself ignores is not worth a word, all else is.
    const untracked = (await listUntracked()).filter((file) => !leftBehind.has(file));
    const changed = unwanted.filter((file) => !untracked.includes(file) && !untracked.includes(`${file}/`));
    return [...unreadable, ...changed, ...untracked];
  }

  /** Files too large for a pull request, core dumps, and repositories put inside the repository. */
  async function findUnwanted(entries: readonly Entry[]): Promise<string[]> {
    const links = entries.filter(({ mode, oldMode }) => mode === GITLINK && oldMode !== GITLINK);
    const blobs = entries.filter(({ mode, oid }) => mode !== GITLINK && !/^0+$/.test(oid));
    const sizes = await run(['cat-file', '--batch-check=%(objectsize)'], blobs.map(({ oid }) => `${oid}\n`).join(''));
    const lines = sizes.split('\n');
    const large = blobs.filter((_, index) => Number(lines[index]) > MAX_FILE_BYTES);
    const dumps: Entry[] = [];
    for (const entry of blobs) {
      if (/(?:^|\/)core(?:\.\d+)?$/.test(entry.file) && (await isCoreDump(path.join(repository, entry.file)))) {
        dumps.push(entry);
      }
    }
    return [...links, ...large, ...dumps].map(({ file }) => file);
  }

  /** The blobs to commit: converted where the attributes say so, but in the line ends that the repository stores. */
  async function convertChanges(changes: readonly Entry[], toBlobs: Converter): Promise<Entry[]> {
    const files = changes.filter(({ file, mode }) => mode.startsWith('100') && !file.includes('\n'));
    const oids = new Map((await toBlobs(files.map(({ file }) => file))).map((oid, index) => [files[index]?.file, oid]));
    const result: Entry[] = [];
    for (const change of changes) {
      const oid = oids.get(change.file) ?? change.oid;
      const isStored = oid !== change.oid && !converted.has(change.file) && change.oldMode.startsWith('100');
      const keepsLineEnds = isStored && (await run(['cat-file', 'blob', change.oldOid])).includes('\r\n');
      result.push(keepsLineEnds ? change : { ...change, oid });
    }
    return result;
  }

  return {
    async readTree() {
      const leftOut = await readRaw();
      lastRaw = (await run(['write-tree'])).trim();
      if (convert === null) {
        return { tree: lastRaw, leftOut };
      }
      const changes = await convertChanges(await listChanges(['diff-tree', '-r', baseTree, lastRaw]), convert);
      const index = { ...env, GIT_INDEX_FILE: path.join(keep, 'index-to-commit') };
      await git({ args: ['read-tree', startTree], cwd: repository, env: index });
      const isGone = ({ mode }: Entry): boolean => /^0+$/.test(mode);
      const input = changes
        .toSorted((one, other) => Number(isGone(other)) - Number(isGone(one)))
        .map(({ file, mode, oid }) => `${mode.replace(/^0+$/, '0')} ${oid}\t${file}\0`)
        .join('');
      await git({ args: ['update-index', '-z', '--replace', '--index-info'], cwd: repository, env: index, input });
      return { tree: (await git({ args: ['write-tree'], cwd: repository, env: index })).trim(), leftOut };
    },
  };
}

/** `<tag> <mode> <oid> <stage>\t<file>`; the tag `S` is for files that the checkout leaves out. */
function parseIndexEntry(entry: string): { file: string; mode: string; isAbsent: boolean } {
  const tab = entry.indexOf('\t');
  const [tag = '', mode = ''] = entry.slice(0, Math.max(0, tab)).split(' ');
  return { file: entry.slice(tab + 1), mode, isAbsent: tag === 'S' };
}

/** Blobs of files as the attributes of the repository ask for them, in order. */
type Converter = (files: readonly string[]) => Promise<string[]>;

/** A second bare repository without attributes of its own, whose objects go to the first. */
async function openConverter({ env, keep, repository }: WorkingCopyPlace): Promise<Converter> {
  const directory = `${keep}.attributes`;
  await git({ args: ['init', '--quiet', '--bare', '--template=', directory], cwd: repository, env });
  const converting = {
    ...env,
    GIT_DIR: directory,
    GIT_WORK_TREE: repository,
    GIT_OBJECT_DIRECTORY: path.join(keep, 'objects'),
  };
  return async (files) => {
    if (files.length === 0) {
      return [];
    }
    const input = files.map((file) => `${file}\n`).join('');
    const args = ['hash-object', '-w', '--stdin-paths'];
    const hashed = await runGit({ args, cwd: repository, env: converting, input });
    // A file that cannot be converted, such as one in another encoding than its attribute says, stays as it is.
    return hashed.ok ? hashed.stdout.trim().split('\n') : [];
  };
}

/** Whether it is what the kernel writes for a program that crashed: an ELF file of the type `core`. */
async function isCoreDump(file: string): Promise<boolean> {
  const handle = await open(file).catch(() => null);
  if (handle === null) {
    return false;
  }
  try {
    const head = Buffer.alloc(18);
    await handle.read(head, 0, head.length, 0);
    const isElf = head.subarray(0, 4).equals(Buffer.from('\u007fELF', 'latin1'));
    return isElf && head[16] === 4;
  } finally {
    await handle.close();
  }
}
