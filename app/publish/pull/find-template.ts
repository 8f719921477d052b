import type { Mirrors } from '../../git/mirror.ts';

/** Where GitHub looks, in this order; `''` is the root. Upper and lower case are the same in every name here. */
const FOLDERS = ['.github', '', 'docs'];
const NAMES = ['pull_request_template.md', 'pull_request_template.txt', 'pull_request_template'];
const TEMPLATE_FOLDER = 'pull_request_template';
/**
 * Of several templates in a folder GitHub takes none on its own; one of these names is meant for changes of any kind.
 */
const NAMES_IN_FOLDER = ['default.md', 'pull_request_template.md', 'general.md'];
const MAX_BYTES = 32 * 1024;

/** The repository's pull-request template from a branch, looked for where GitHub looks; null without one. */
export async function findTemplate(
  mirrors: Pick<Mirrors, 'branchSha' | 'listFolders' | 'readFile'>,
  { repositoryId, branch }: { repositoryId: number; branch: string },
): Promise<string | null> {
  const sha = await mirrors.branchSha(repositoryId, branch);
  if (sha === null) {
    return null;
  }
  for (const path of await listCandidates(mirrors, { repositoryId, sha })) {
    const text = await mirrors.readFile({ repositoryId, sha, path, maxBytes: MAX_BYTES });
    if (text !== null && text.trim() !== '') {
      return text;
    }
  }
  return null;
}

/** Paths of the templates of a commit, the one to take first. Level by level, so that a large tree costs nothing. */
async function listCandidates(
  mirrors: Pick<Mirrors, 'listFolders'>,
  at: { repositoryId: number; sha: string },
): Promise<readonly string[]> {
  const files: string[] = [];
  let folders = [''];
  while (folders.length > 0) {
    const entries = await mirrors.listFolders({ ...at, folders });
    files.push(...entries.flatMap((entry) => (entry.kind === 'file' ? [entry.path] : [])));
    folders = entries.flatMap((entry) => (entry.kind === 'folder' && mayHoldTemplates(entry.path) ? [entry.path] : []));
  }
  return FOLDERS.flatMap((folder) =>
    [...NAMES, ...NAMES_IN_FOLDER.map((name) => `${TEMPLATE_FOLDER}/${name}`)].flatMap((name) =>
      files.filter((path) => path.toLowerCase() === inFolder(folder, name)),
    ),
  );
}

function mayHoldTemplates(path: string): boolean {
  const name = path.toLowerCase();
  return FOLDERS.some((folder) => name === folder || name === inFolder(folder, TEMPLATE_FOLDER));
}

function inFolder(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
