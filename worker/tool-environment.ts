import path from 'node:path';

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
  return {
    ...base,
    PATH: search.filter((entry) => entry !== '').join(':'),
    ...(given.network === 'none' ? OFFLINE : {}),
  };
}
