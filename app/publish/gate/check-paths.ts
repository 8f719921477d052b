import type { Withheld } from '../../task/outcome.ts';
import { foldPath } from './fold-path.ts';
import type { Change, GateFacts, GatePolicy } from './gate-facts.ts';

/** Control, format, separators, private and unassigned characters, and everything that shows nothing of its own. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/u;

interface PathRule {
  readonly code: string;
  readonly says: string;
  readonly isBroken: (path: string, policy: Pick<GatePolicy, 'maxPathLength'>) => boolean;
}

const RULES: readonly PathRule[] = [
  {
    code: 'PATH_NOT_NFC',
    says: 'The name is not in Unicode normal form C, so other systems may see two files. Rename it.',
    isBroken: (path) => path.normalize('NFC') !== path,
  },
  {
    code: 'PATH_INVISIBLE',
    says: 'The name has control, invisible or direction-changing characters. Rename it.',
    isBroken: (path) => INVISIBLE.test(path),
  },
  {
    code: 'PATH_DOTS',
    says: 'The path has an empty part, `.` or `..`. Rename it.',
    isBroken: (path) => path.split('/').some((part) => part === '' || part === '.' || part === '..'),
  },
  {
    code: 'PATH_BACKSLASH',
    says: 'The name has a backslash, which is a separator on Windows. Rename it.',
    isBroken: (path) => path.includes('\\'),
  },
  {
    code: 'PATH_GIT',
    says: 'A part of the path can be taken for `.git`. Rename it.',
    isBroken: (path) => foldPath(path).split('/').some(isGitName),
  },
  {
    code: 'PATH_WINDOWS',
    says: 'The name means a device or a stream on Windows. Rename it.',
    isBroken: (path) => foldPath(path).split('/').some(isWindowsName),
  },
  {
    code: 'PATH_TOO_LONG',
    says: 'The path is longer than 240 characters. Shorten it.',
    isBroken: (path, policy) => path.length > policy.maxPathLength,
  },
];

/** `PATH_*`: names that were added. Names the base already has are its own affair. */
export function checkPaths(changes: readonly Change[], policy: Pick<GatePolicy, 'maxPathLength'>): Withheld[] {
  return changes
    .filter((change) => change.status === 'A')
    .flatMap(({ path, isUtf8 }) => {
      if (!isUtf8) {
        return [{ code: 'PATH_NOT_UTF8', path, message: 'The name is not valid UTF-8. Rename it.' }];
      }
      const broken = RULES.filter((rule) => rule.isBroken(path, policy));
      return broken.map((rule) => ({ code: rule.code, path, message: rule.says }));
    });
}

/** `PATH_COLLISION`: an added path that differs from another one only in case or form. */
export function checkCollisions(facts: Pick<GateFacts, 'net' | 'spellings'>): Withheld[] {
  return facts.net
    .filter((change) => change.status === 'A')
    .flatMap(({ path }) => {
      const rivals = prefixesOf(path).flatMap((prefix) =>
        (facts.spellings.get(foldPath(prefix)) ?? []).filter((spelling) => spelling !== prefix),
      );
      const [rival] = rivals;
      if (rival === undefined) {
        return [];
      }
      const message = `The name cannot be distinguished from \`${rival}\` on many file systems. Use one spelling.`;
      return [{ code: 'PATH_COLLISION', path, message }];
    });
}

/** The path and every folder it is in. */
export function prefixesOf(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Devices, whatever their ending, and what stands behind a colon: `name::$DATA` is `name` itself. */
function isWindowsName(part: string): boolean {
  return part.includes(':') || /^(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$|clock\$)(?:\.|$)/.test(part);
}

/** `.git` and the names under which Windows finds it too: the short name, streams, and with an ignored ending. */
function isGitName(part: string): boolean {
  const name = part.split(':')[0]?.replace(/[. ]+$/, '') ?? '';
  return name === '.git' || /^git~[0-9]+$/.test(name);
}
