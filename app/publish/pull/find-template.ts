import type { Mirrors } from '../../git/mirror.ts';

const FOLDERS = ['.github/', '', 'docs/'];
const NAMES = ['pull_request_template.md', 'pull_request_template.txt', 'pull_request_template'];
/** Of several templates in a folder GitHub takes none by itself; one of these names is meant for changes of any kind. */
const FOLDER_NAMES = ['default.md', 'pull_request_template.md', 'general.md'].flatMap((name) => [
  `PULL_REQUEST_TEMPLATE/${name}`,
  `pull_request_template/${name}`,
]);
const MAX_BYTES = 32 * 1024;

/** The repository's pull-request template from a branch, looked for where GitHub looks; null without one. */
export async function findTemplate(
  mirrors: Pick<Mirrors, 'branchSha' | 'readFile'>,
  at: { repositoryId: number; branch: string },
): Promise<string | null> {
  const sha = await mirrors.branchSha(at.repositoryId, at.branch);
  if (sha === null) {
    return null;
  }
  for (const folder of FOLDERS) {
    for (const name of [...NAMES, ...FOLDER_NAMES]) {
      const request = {
        repositoryId: at.repositoryId,
        sha,
        path: `${folder}${name}`,
        maxBytes: MAX_BYTES,
        ignoreCase: true,
      };
      const text = await mirrors.readFile(request);
      if (text !== null && text.trim() !== '') {
        return text;
      }
    }
  }
  return null;
}
