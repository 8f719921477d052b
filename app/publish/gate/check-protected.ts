import { foldPath } from './fold-path.ts';
import type { ChangeCheck } from './gate-check.ts';
import type { Change, GatePolicy } from './gate-facts.ts';
import { matchPath } from './match-path.ts';
import { PROTECTED_FAMILIES, type ProtectedFamily } from './protected-paths.ts';

/** Folders at the top with a dot that steer nothing. Whatever is in them and steers something has its pattern. */
const HARMLESS_FOLDERS = [
  '.github',
  '.changeset',
  '.changes',
  '.storybook',
  '.vitepress',
  '.vuepress',
  '.docusaurus',
  '.well-known',
  '.reuse',
];

/** Files that steer what runs, changed, added or deleted, however they are spelled. */
export const PATH_FAMILY_CHECKS: readonly ChangeCheck[] = [
  {
    code: 'PATH_PROTECTED',
    outcome: 'block',
    because: 'a protected file was changed, however its name is spelled',
    find: (change, policy) => {
      const why = findFamily(change, 'PATH_PROTECTED')?.why ?? ownWhy(change, policy);
      return why === null
        ? null
        : `This file may not be changed by an agent, because ${why}. Make that part of the change by hand.`;
    },
  },
  held('CI_CONFIG', 'a file controls continuous integration of another vendor'),
  held('HOOK', 'a file runs when someone commits or enters the folder'),
  held('PACKAGE_CONFIG', 'a file controls where packages come from and what installing runs'),
  held('EDITOR_CONFIG', 'a file runs when someone opens the branch in an editor'),
  held('AGENT_INSTRUCTIONS', 'a file gives instructions to agents'),
  {
    code: 'DOT_FOLDER',
    outcome: 'hold',
    because: 'a file is in a folder at the top whose name begins with a dot, where tools keep their settings',
    find: (change) => {
      const [folder = '', ...rest] = foldPath(change.path).split('/');
      const isHidden = folder.startsWith('.') && rest.length > 0 && !HARMLESS_FOLDERS.includes(folder);
      return isHidden && PROTECTED_FAMILIES.every(({ code }) => findFamily(change, code) === null)
        ? 'Tools keep their settings in folders like this one. Look at what it does.'
        : null;
    },
  },
];

function held(code: ProtectedFamily['code'], because: string): ChangeCheck {
  return {
    code,
    outcome: 'hold',
    because,
    find: (change) => {
      const family = findFamily(change, code);
      return family === null ? null : `Look at this file: ${family.why}.`;
    },
  };
}

function findFamily(change: Change, code: ProtectedFamily['code']): ProtectedFamily | null {
  const folded = foldPath(change.path);
  const families = PROTECTED_FAMILIES.filter((family) => family.code === code);
  return families.find(({ patterns }) => patterns.some((pattern) => matchPath(folded, pattern))) ?? null;
}

function ownWhy(change: Change, { protectedPaths }: GatePolicy): string | null {
  const folded = foldPath(change.path);
  const isOwn = protectedPaths.some((pattern) => matchPath(folded, foldPath(pattern)));
  return isOwn ? 'the repository protects it in `.github/bosun.yml`' : null;
}
