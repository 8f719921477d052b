import type { Withheld } from '../../task/outcome.ts';
import type { Change, GateFacts, GatePolicy } from './gate-facts.ts';

const FILE_MODES = ['100644', '100755'];
const MODE_NAMES: Readonly<Record<string, string>> = { '120000': 'a symbolic link', '160000': 'a submodule' };

/** `MODE_NOT_ALLOWED`: anything that is not a plain file. */
export function checkModes(changes: readonly Change[]): Withheld[] {
  return changes
    .filter((change) => change.status !== 'D' && !FILE_MODES.includes(change.mode))
    .map(({ path, mode }) => {
      const name = MODE_NAMES[mode] ?? `an entry of mode ${mode}`;
      const message = `This is ${name}; only plain files are published. Add it by hand if it is needed.`;
      return { code: 'MODE_NOT_ALLOWED', path, message };
    });
}

/** `BINARY_TOO_LARGE`: what a reviewer cannot read may not be large. */
export function checkBinaries(changes: readonly Change[], policy: Pick<GatePolicy, 'maxBinaryBytes'>): Withheld[] {
  return changes
    .filter((change) => change.isBinary && change.size > policy.maxBinaryBytes)
    .map(({ path, size }) => {
      const limit = `${policy.maxBinaryBytes / 1024} KB`;
      const message = `This binary file has ${size} bytes; up to ${limit} are published. Add it by hand if it is needed.`;
      return { code: 'BINARY_TOO_LARGE', path, message };
    });
}

/** `FILTER_NOT_RUN`: content that only a filter of git may store, such as Git LFS. Filters leave an empty file as it is. */
export function checkFilters(changes: readonly Change[]): Withheld[] {
  return changes
    .filter((change) => change.filterNotRun !== null && change.size > 0)
    .map(({ path, filterNotRun }) => {
      const message =
        `\`.gitattributes\` gives this file the git filter \`${filterNotRun}\`, which does not run in the worker, ` +
        'so its content would be stored unfiltered. Take it out of the change, or commit it by hand where the filter is installed.';
      return { code: 'FILTER_NOT_RUN', path, message };
    });
}

/** `SECRET_FOUND`: content or a name with a credential in it. */
export function checkSecrets(changes: readonly Change[]): Withheld[] {
  return changes
    .filter((change) => change.secrets.length > 0)
    .map(({ path, secrets }) => {
      const kinds = [...new Set(secrets)].join(', ');
      const message = `This looks like a secret (${kinds}). If it is real, replace it where it is used; take it out of the change.`;
      return { code: 'SECRET_FOUND', path, message };
    });
}

/** `TOO_MANY_FILES` and `TOO_LARGE`: more than a person reviews. */
export function checkSizes(
  facts: Pick<GateFacts, 'net' | 'isCut' | 'patchBytes'>,
  policy: Pick<GatePolicy, 'maxFiles' | 'maxPatchBytes'>,
): Withheld[] {
  const withheld: Withheld[] = [];
  if (facts.isCut || facts.net.length > policy.maxFiles) {
    const count = facts.isCut ? `more than ${facts.net.length}` : facts.net.length;
    const message = `The change touches ${count} files; up to ${policy.maxFiles} are published. Split the issue.`;
    withheld.push({ code: 'TOO_MANY_FILES', path: null, message });
  }
  if (facts.patchBytes > policy.maxPatchBytes) {
    const limit = `${policy.maxPatchBytes / 1024 / 1024} MB`;
    const message = `The patch has ${facts.patchBytes} bytes; up to ${limit} are published. Split the issue.`;
    withheld.push({ code: 'TOO_LARGE', path: null, message });
  }
  return withheld;
}
