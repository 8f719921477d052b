import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findNodeHeaders } from './node-headers.ts';

/** Without a network these tools take what is installed, or say at once that something is missing, instead of trying for minutes. */
const OFFLINE: Readonly<Record<string, string>> = {
  npm_config_offline: 'true',
  npm_config_audit: 'false',
  YARN_ENABLE_NETWORK: '0',
  UV_OFFLINE: '1',
  PIP_NO_INDEX: '1',
  CARGO_NET_OFFLINE: 'true',
  GOPROXY: 'off',
  MAVEN_ARGS: '--offline',
  COMPOSER_DISABLE_NETWORK: '1',
};

/**
 * Environment of set-up, agent and tests: where set-up installs programs is on the search path of all three, below the
 * home, in the virtual environment and among the packages of the checkout.
 */
export function toolEnvironment(
  base: Readonly<Record<string, string>>,
  given: { repository: string; network: 'packages' | 'none' },
): Record<string, string> {
  const home = base['HOME'] ?? '';
  const below = ['.local/bin', '.tools/bin', '.cargo/bin', 'go/bin'].map((name) => path.join(home, name));
  const search = [
    path.join(given.repository, '.venv', 'bin'),
    path.join(given.repository, 'node_modules', '.bin'),
    ...(home === '' ? [] : below),
    base['PATH'] ?? '',
  ];
  const programs = search.filter((entry) => entry !== '').join(':');
  const headers = findNodeHeaders({ search: programs, home });
  return {
    ...findCredentialNames(given.repository),
    ...base,
    PATH: programs,
    // Nothing stays behind when a command ends
    NX_DAEMON: 'false',
    ...(headers === null ? {} : { npm_config_nodedir: headers }),
    ...(given.network === 'none' ? OFFLINE : {}),
  };
}

/** Settings of package managers that may name a credential in the environment. */
const MAX_SETTINGS_BYTES = 256 * 1024;
const CREDENTIAL_FILES = ['.npmrc', '.yarnrc.yml', 'bunfig.toml', 'pip.conf', '.cargo/config.toml'];

/**
 * Variables for credentials that settings of the repository name, empty: yarn and pnpm refuse to run where one is missing,
 * also when nothing needs it.
 */
function findCredentialNames(repository: string): Record<string, string> {
  const files = CREDENTIAL_FILES.map((file) => path.join(repository, file)).filter((file) => {
    const found = lstatSync(file, { throwIfNoEntry: false });
    return found?.isFile() === true && found.size <= MAX_SETTINGS_BYTES;
  });
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  const names = texts.flatMap((text) =>
    [...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map((match) => match[1] ?? '').filter((name) => CREDENTIAL.test(name)),
  );
  return Object.fromEntries(names.map((name) => [name, '']));
}

const CREDENTIAL = /TOKEN|AUTH|PASSW|SECRET|API_?KEY|USERNAME/i;
