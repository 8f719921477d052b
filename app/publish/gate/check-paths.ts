import { foldPath } from './fold-path.ts';
import type { ChangeCheck, WorkCheck } from './gate-check.ts';
import type { GatePolicy } from './gate-facts.ts';

/** Control, format, separators, private and unassigned characters, and everything that shows nothing of its own. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/u;

interface PathRule {
  readonly code: string;
  readonly because: string;
  readonly says: string;
  readonly isBroken: (path: string, policy: Pick<GatePolicy, 'maxPathLength'>) => boolean;
}

const RULES: readonly PathRule[] = [
  {
    code: 'PATH_NOT_NFC',
    because: 'a new name is not in Unicode normal form C',
    says: 'The name is not in Unicode normal form C, so other systems may see two files. Rename it.',
    isBroken: (path) => path.normalize('NFC') !== path,
  },
  {
    code: 'PATH_INVISIBLE',
    because: 'a new name has invisible or direction-changing characters',
    says: 'The name has control, invisible or direction-changing characters. Rename it.',
    isBroken: (path) => INVISIBLE.test(path),
  },
  {
    code: 'PATH_DOTS',
    because: 'a new path has an empty part, `.` or `..`',
    says: 'The path has an empty part, `.` or `..`. Rename it.',
    isBroken: (path) => path.split('/').some((part) => part === '' || part === '.' || part === '..'),
  },
  {
    code: 'PATH_BACKSLASH',
    because: 'a new name has a backslash',
    says: 'The name has a backslash, which is a separator on Windows. Rename it.',
    isBroken: (path) => path.includes('\\'),
  },
  {
    code: 'PATH_GIT',
    because: 'a part of a new path can be taken for `.git`',
    says: 'A part of the path can be taken for `.git`. Rename it.',
    isBroken: (path) => foldPath(path).split('/').some(isGitName),
  },
  {
    code: 'PATH_WINDOWS',
    because: 'a new name means a device or a stream on Windows',
    says: 'The name means a device or a stream on Windows. Rename it.',
    isBroken: (path) => foldPath(path).split('/').some(isWindowsName),
  },
  {
    code: 'PATH_TOO_LONG',
    because: 'a new path is long',
    says: 'The path is longer than 240 characters. Shorten it.',
    isBroken: (path, policy) => path.length > policy.maxPathLength,
  },
];

/** Names that were added. Names the base already has are its own affair. */
export const PATH_CHECKS: readonly ChangeCheck[] = [
  {
    code: 'PATH_NOT_UTF8',
    outcome: 'block',
    because: 'a new name is not valid UTF-8',
    find: ({ isUtf8, status }) => (status === 'A' && !isUtf8 ? 'The name is not valid UTF-8. Rename it.' : null),
  },
  ...RULES.map(({ because, code, isBroken, says }) => ({
    code,
    outcome: 'block' as const,
    because,
    find: ({ isUtf8, path, status }: Parameters<ChangeCheck['find']>[0], policy: GatePolicy) =>
      status === 'A' && isUtf8 && isBroken(path, policy) ? says : null,
  })),
];

/** An added path that differs from another one only in case or form. */
export const COLLISION_CHECK: WorkCheck = {
  code: 'PATH_COLLISION',
  outcome: 'block',
  because: 'a new name differs from another only in case or form',
  find: ({ net, spellings }) =>
    net
      .filter((change) => change.status === 'A')
      .flatMap(({ path }) => {
        const rivals = prefixesOf(path).flatMap((prefix) =>
          (spellings.get(foldPath(prefix)) ?? []).filter((spelling) => spelling !== prefix),
        );
        const [rival] = rivals;
        return rival === undefined
          ? []
          : [
              {
                path,
                message: `The name cannot be distinguished from \`${rival}\` on many file systems. Use one spelling.`,
              },
            ];
      }),
};

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
  // Short names by which Windows may open `.git`, `.gitmodules` and `.gitattributes`.
  return name === '.git' || /^(?:git|gitmod|gitatt)~[0-9]+$/.test(name);
}
