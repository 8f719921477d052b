import { runGit } from '../../demo/github/git/run-git.ts';

/** Moves a branch of a bare repository to a commit on top of `parent` that changes the files. Resolves with the commit. */
export function commitObjects(
  dir: string,
  commit: { branch: string; parent: string; files: Readonly<Record<string, string>>; message: string },
): Promise<string> {
  const ada = `Ada <ada@example.com> ${Math.floor(Date.now() / 1000)} +0000`;
  const lines = [
    `commit refs/heads/${commit.branch}`,
    'mark :1',
    `author ${ada}`,
    `committer ${ada}`,
    data(commit.message),
    `from ${commit.parent}`,
    ...Object.entries(commit.files).map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`),
    'get-mark :1\n',
  ];
  return runGit(dir, ['fast-import', '--quiet', '--force'], lines.join('\n'));
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}
