import { foldPath } from './fold-path.ts';
import { whole, type ChangeCheck, type WorkCheck } from './gate-check.ts';
import type { GatePolicy, SecretFact } from './gate-facts.ts';
import { matchPath } from './match-path.ts';

const FILE_MODES = ['100644', '100755'];
const MODE_NAMES: Readonly<Record<string, string>> = { '120000': 'a symbolic link', '160000': 'a submodule' };

/** Whether the repository lets this through; a secret of this server never is. */
function isAllowed({ sha256 }: SecretFact, path: string, { secretsAllowed }: GatePolicy): boolean {
  return (
    sha256 !== null &&
    secretsAllowed.some((entry) =>
      entry.startsWith('sha256:')
        ? sha256.startsWith(entry.slice('sha256:'.length))
        : matchPath(foldPath(path), foldPath(entry)),
    )
  );
}

/** More than a person reviews. */
export const SIZE_CHECKS: readonly WorkCheck[] = [
  {
    code: 'TOO_MANY_FILES',
    outcome: 'block',
    because: 'there are more files than anyone reviews',
    find: ({ isCut, net }, { maxFiles }) => {
      if (!isCut && net.length <= maxFiles) {
        return [];
      }
      const count = isCut ? `more than ${net.length}` : net.length;
      return [whole(`The change touches ${count} files; up to ${maxFiles} are published. Split the issue.`)];
    },
  },
  {
    code: 'TOO_LARGE',
    outcome: 'block',
    because: 'the patch is larger than anyone reviews',
    find: ({ patchBytes }, { maxPatchBytes }) =>
      patchBytes > maxPatchBytes
        ? [
            whole(
              `The patch has ${patchBytes} bytes; up to ${maxPatchBytes / 1024 / 1024} MB are published. Split the issue.`,
            ),
          ]
        : [],
  },
];

/** What a file is. */
export const CONTENT_CHECKS: readonly ChangeCheck[] = [
  {
    code: 'MODE_NOT_ALLOWED',
    outcome: 'block',
    because: 'something is not a plain file: a symbolic link, a submodule',
    find: ({ mode, status }) => {
      if (status === 'D' || FILE_MODES.includes(mode)) {
        return null;
      }
      const name = MODE_NAMES[mode] ?? `an entry of mode ${mode}`;
      return `This is ${name}; only plain files are published. Add it by hand if it is needed.`;
    },
  },
  {
    code: 'BINARY_TOO_LARGE',
    outcome: 'block',
    because: 'a binary file is large, and a reviewer cannot read it',
    find: ({ isBinary, size }, { maxBinaryBytes }) =>
      isBinary && size > maxBinaryBytes
        ? `This binary file has ${size} bytes; up to ${maxBinaryBytes / 1024} KB are published. Add it by hand if it is needed.`
        : null,
  },
  {
    code: 'FILTER_NOT_RUN',
    outcome: 'block',
    because: 'a file needs a git filter, such as Git LFS, and the agent changed it',
    // Filters leave an empty file as it is.
    find: ({ filterNotRun, size }) =>
      filterNotRun !== null && size > 0
        ? `\`.gitattributes\` gives this file the git filter \`${filterNotRun}\`, which does not run in the worker, ` +
          'so its content would be stored unfiltered. Take it out of the change, or commit it by hand where the filter is installed.'
        : null,
  },
  {
    code: 'SECRET_FOUND',
    outcome: 'block',
    because: 'a file or its name has a credential that was not there before',
    find: (change, policy) => {
      const secrets = change.secrets.filter((secret) => !isAllowed(secret, change.path, policy));
      if (secrets.length === 0) {
        return null;
      }
      const kinds = [...new Set(secrets.map(({ kind }) => kind))].join(', ');
      const hashes = secrets.flatMap(({ sha256 }) => (sha256 === null ? [] : [`"sha256:${sha256.slice(0, 16)}"`]));
      const wayOut =
        hashes.length === secrets.length
          ? ` If it is an example, a maintainer can let it through with \`secrets_allowed: [${hashes.slice(0, 5).join(', ')}]\` in \`.github/bosun.yml\`, then \`/retry\`.`
          : '';
      return `This looks like a secret (${kinds}). If it is real, replace it where it is used; take it out of the change.${wayOut}`;
    },
  },
];
