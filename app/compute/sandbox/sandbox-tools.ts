import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findProgram } from './find-program.ts';

/** The programs of the system a sandbox is made with. */
export interface SandboxTools {
  readonly bwrap: string;
  readonly prlimit: string;
  /** Only needed as root, to become nobody in particular. */
  readonly setpriv: string;
  /** Options that bubblewrap learned late (0.7 and 0.8); without them a sandbox has one wall less. */
  readonly hasSize: boolean;
  readonly hasDisableUserns: boolean;
}

export type FoundTools =
  | { readonly found: true; readonly tools: SandboxTools }
  | { readonly found: false; readonly reason: string; readonly remedy: string };

const INSTALL_BUBBLEWRAP =
  'Install it: `apt-get install bubblewrap`, `dnf install bubblewrap`, `apk add bubblewrap` or `pacman -S bubblewrap`.';
const INSTALL_UTIL_LINUX =
  'Install it: `apt-get install util-linux`, `dnf install util-linux` or `apk add util-linux-misc setpriv`.';

export async function findTools(bwrapPath?: string): Promise<FoundTools> {
  const bwrap = bwrapPath ?? findProgram('bwrap');
  if (bwrap === null) {
    return { found: false, reason: 'bubblewrap (`bwrap`) is not installed', remedy: INSTALL_BUBBLEWRAP };
  }
  const prlimit = findProgram('prlimit');
  const setpriv = findProgram('setpriv');
  if (prlimit === null || setpriv === null) {
    const missing = prlimit === null ? 'prlimit' : 'setpriv';
    return { found: false, reason: `\`${missing}\` of util-linux is not installed`, remedy: INSTALL_UTIL_LINUX };
  }
  let options: string;
  try {
    options = (await promisify(execFile)(bwrap, ['--help'], { env: {} })).stdout;
  } catch (error) {
    return { found: false, ...explainFailure((error as Error).message) };
  }
  const hasSize = options.includes('--size ');
  const hasDisableUserns = options.includes('--disable-userns ');
  return { found: true, tools: { bwrap, prlimit, setpriv, hasSize, hasDisableUserns } };
}

/** What to do about a sandbox that could not be made, from what bubblewrap printed. */
export function explainFailure(output: string): { reason: string; remedy: string } {
  const line = output.trim().split('\n').at(-1) ?? '';
  if (/ENOENT/.test(output) && /bwrap/.test(output)) {
    return { reason: 'bubblewrap (`bwrap`) is not installed', remedy: INSTALL_BUBBLEWRAP };
  }
  if (/namespace|uid map|gid map|Operation not permitted|Permission denied|clone/i.test(output)) {
    return {
      reason: `this system does not let bubblewrap make a sandbox: ${line}`,
      remedy:
        'Allow user namespaces: `sysctl -w user.max_user_namespaces=15000` and, where they exist, ' +
        '`sysctl -w kernel.unprivileged_userns_clone=1` (older Debian) and ' +
        '`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu). In a container, run it with ' +
        '`--security-opt seccomp=unconfined --security-opt apparmor=unconfined --cap-add SYS_ADMIN`, or start workers elsewhere with `BOSUN_COMPUTE`.',
    };
  }
  return {
    reason: `bubblewrap did not start the sandbox: ${line === '' ? 'it printed nothing' : line}`,
    remedy: 'Run `bosun doctor` on the server; `bwrap --ro-bind / / true` shows whether bubblewrap works at all.',
  };
}
