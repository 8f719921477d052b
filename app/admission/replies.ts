import type { RepoConfigMistake } from '../config/repo-config.ts';
import { REPO_FILE_PATH } from './repo-file.ts';

export const NO_ACCESS_REPLY =
  'Only people with write access to this repository can run commands here. Ask one of them to comment the command; your comment stays on the thread for them to read.';

/** Each mistake with its place and what would be right; nothing starts until they are fixed. */
export function renderConfigMistakes(mistakes: readonly RepoConfigMistake[]): string {
  const lines = mistakes.map((mistake) => {
    const allowed = mistake.allowed === null ? '' : `. Allowed: ${mistake.allowed}.`;
    const key = mistake.key === '' ? '' : ` \`${mistake.key}\``;
    const place = mistake.line === 0 ? `\`${REPO_FILE_PATH}\`` : `\`${REPO_FILE_PATH}:${mistake.line}\`${key}:`;
    return `- ${place} ${mistake.message}${allowed}`;
  });
  return [
    `\`${REPO_FILE_PATH}\` has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}, so nothing was started:`,
    '',
    ...lines,
    '',
    'Fix it on the default branch, then comment the command again.',
  ].join('\n');
}

/** The repository has a file that was meant as its settings and is not read. */
export function renderMisplaced(path: string): string {
  return `Nothing was started, because Bosun does not read \`${path.replaceAll('`', '')}\` and its settings would not apply. Rename it to \`${REPO_FILE_PATH}\` on the default branch or delete it, then comment the command again.`;
}
