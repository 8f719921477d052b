import { takeStart } from '../../../protocol/index.ts';

/** Where a submodule is at GitHub, or why it cannot be reached from a worker. `why` continues from the path. */
export type SubmoduleLocation =
  | { readonly ok: true; readonly owner: string; readonly name: string }
  | { readonly ok: false; readonly why: string };

const SCP = /^(?:[\w.-]+@)?([\w.-]+):\/?([^/:].*)$/;
const NAME = /^[A-Za-z0-9_.-]+$/;

/**
 * Reads the address of a submodule as git does, relative ones included. Only repositories of the same GitHub server can
 * be reached, because the App has no credential for any other.
 */
export function locateSubmodule(
  address: string | null,
  parent: { readonly serverUrl: string; readonly owner: string; readonly name: string },
): SubmoduleLocation {
  if (address === null) {
    return { ok: false, why: '.gitmodules has no address for it' };
  }
  const server = new URL(parent.serverUrl);
  const url = parseAddress(address, `${parent.serverUrl.replace(/\/+$/, '')}/${parent.owner}/${parent.name}.git/`);
  if (url === null) {
    return { ok: false, why: `its address ${printable(address)} is not one that git can fetch from` };
  }
  // Only web addresses name the port of the server; those of SSH have another one
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  const isSame =
    isWeb && url.protocol === server.protocol ? url.host === server.host : url.hostname === server.hostname;
  if (!isSame) {
    return {
      ok: false,
      why: `it is at ${printable(url.hostname)}, and a worker receives only repositories of ${server.hostname}`,
    };
  }
  const root = server.pathname.split('/').filter((part) => part !== '');
  const parts = url.pathname.split('/').filter((part) => part !== '');
  const [owner = '', file = '', ...rest] = isWeb ? parts.slice(root.length) : parts;
  const name = file.replace(/\.git$/, '');
  const isName = [owner, name].every((part) => NAME.test(part) && part !== '.' && part !== '..');
  return isName && rest.length === 0
    ? { ok: true, owner, name }
    : { ok: false, why: `its address ${printable(address)} does not name a repository of ${server.hostname}` };
}

function parseAddress(address: string, base: string): URL | null {
  if (/^\.\.?\//.test(address)) {
    return URL.parse(address, base);
  }
  const url = URL.parse(address);
  if (url !== null && ['https:', 'http:', 'ssh:', 'git:', 'git+ssh:'].includes(url.protocol)) {
    return url;
  }
  const scp = SCP.exec(address);
  return scp === null ? null : URL.parse(`ssh://${scp[1]}/${scp[2]}`);
}

/** On one line, without a password that somebody wrote into the address. */
function printable(text: string): string {
  return takeStart(text.replace(/\/\/[^/@]*@/, '//').replaceAll(/[\p{Cc}\p{Cf}`]/gu, '?'), 200).toWellFormed();
}
