import type { RepoConfigMistake } from '../config/repo-config.ts';
import { REPO_FILE_PATH } from './repo-file.ts';

export const STRANGER_REPLY =
  'Only people with write access to this repository can give orders here. Ask one of them to say it; what you wrote stays on the thread for them to read.';

/** Each mistake with its place and what would be right; nothing starts until they are mended. */
export function renderConfigMistakes(mistakes: readonly RepoConfigMistake[]): string {
  const lines = mistakes.map((mistake) => {
    const allowed = mistake.allowed === null ? '' : ` Allowed: ${mistake.allowed}.`;
    const key = mistake.key === '' ? '' : ` \`${mistake.key}\``;
    return `- \`${REPO_FILE_PATH}:${mistake.line}\`${key}: ${mistake.message}${allowed}`;
  });
  return [
    `\`${REPO_FILE_PATH}\` has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}, so nothing was started:`,
    '',
    ...lines,
    '',
    'Mend it on the default branch, then ask again.',
  ].join('\n');
}
