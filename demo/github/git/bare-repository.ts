import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PushRule, SignatureRule, User } from '../state/world.ts';
import { resolveRef } from './refs.ts';
import { runGit } from './run-git.ts';

/** Text, bytes, or null to delete the file; an object when it is to be executable. */
type FileContent = string | Buffer | null | { content: string | Buffer; executable: true };
export type Files = Record<string, FileContent>;

const SETTINGS = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
[http]
	receivepack = true
[receive]
	fsckObjects = true
	advertisePushOptions = true
	hideRefs = refs/pull
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
[gc]
	auto = 0
`;

// Runs once for each ref of a push. The rules are one a line, separated by tabs: ref pattern, pattern of the refs that are
// free of it, people who may push all the same, message.
const UPDATE_HOOK = `#!/bin/sh
while IFS="$(printf '\\t')" read -r pattern unless except message; do
  case "$1" in
    $unless) ;;
    $pattern)
      case ",$except," in
        *",$REMOTE_USER,"*) ;;
        *) echo "error: GH013: Repository rule violations found for $1." >&2; echo "$message" >&2; exit 1 ;;
      esac ;;
  esac
done < "$GIT_DIR/push-rules"
while IFS= read -r pattern; do
  case "$1" in
    $pattern)
      case "$3" in *[!0]*) ;; *) continue ;; esac
      for commit in $(git rev-list "$3" --not --all); do
        if ! grep -q "^$commit$" "$GIT_DIR/signed-commits"; then
          echo "error: GH013: Repository rule violations found for $1." >&2
          echo "- Commits must have verified signatures." >&2
          exit 1
        fi
      done ;;
  esac
done < "$GIT_DIR/signature-rules"
exit 0
`;

/** Makes an empty bare repository whose HEAD names the default branch: the files that `git init --bare` would write. */
export async function initBareRepository(dir: string, defaultBranch: string): Promise<void> {
  for (const folder of ['hooks', 'objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
    await mkdir(join(dir, folder), { recursive: true });
  }
  await writeFile(join(dir, 'HEAD'), `ref: refs/heads/${defaultBranch}\n`);
  await writeFile(join(dir, 'config'), SETTINGS);
  await writeFile(join(dir, 'hooks', 'update'), UPDATE_HOOK);
  await chmod(join(dir, 'hooks', 'update'), 0o755);
  await writePushRules(dir, []);
  await writeSignatureRules(dir, []);
  await writeFile(join(dir, 'signed-commits'), '');
}

export async function writePushRules(dir: string, rules: readonly PushRule[]): Promise<void> {
  const lines = rules.map(
    (rule) => `${rule.ref}\t${rule.unless ?? '-'}\t${rule.except.join(',') || '-'}\t${rule.message}\n`,
  );
  await writeFile(join(dir, 'push-rules'), lines.join(''));
}

export async function writeSignatureRules(dir: string, rules: readonly SignatureRule[]): Promise<void> {
  await writeFile(join(dir, 'signature-rules'), rules.map(({ ref }) => `${ref}\n`).join(''));
}

/** Commits the files on top of the branch, which is made from `from` (a commit) when it does not exist. */
export async function commitFiles(
  dir: string,
  commit: { branch: string; from?: string | undefined; files: Files; message: string; author: User; at: Date },
): Promise<string> {
  const ref = `refs/heads/${commit.branch}`;
  const parent = (await resolveRef(dir, ref)) ?? commit.from;
  const person = `${commit.author.name ?? commit.author.login} <${emailOf(commit.author)}>`;
  const when = `${Math.floor(commit.at.getTime() / 1000)} +0000`;
  const chunks: Buffer[] = [
    Buffer.from(`commit ${ref}\nmark :1\nauthor ${person} ${when}\ncommitter ${person} ${when}\n`),
    data(Buffer.from(commit.message)),
    Buffer.from(parent ? `from ${parent}\n` : ''),
  ];
  for (const [path, file] of Object.entries(commit.files)) {
    chunks.push(change(path, file));
  }
  chunks.push(Buffer.from('get-mark :1\n'));
  return runGit(dir, ['fast-import', '--quiet', '--force'], Buffer.concat(chunks));
}

function change(path: string, file: FileContent): Buffer {
  if (file === null) {
    return Buffer.from(`D ${path}\n`);
  }
  const isPlain = typeof file === 'string' || Buffer.isBuffer(file);
  const content = Buffer.from((isPlain ? file : file.content) as string);
  return Buffer.concat([Buffer.from(`M ${isPlain ? '100644' : '100755'} inline ${path}\n`), data(content)]);
}

function data(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n')]);
}

export function emailOf(user: User): string {
  return user.email ?? `${user.id}+${user.login}@users.noreply.github.com`;
}
