import type { ConfigureClient } from './client.ts';

/** Install scripts that would download a browser or another program and fail; tests that need one find it missing. */
const NO_DOWNLOADS: Readonly<Record<string, string>> = {
  PUPPETEER_SKIP_DOWNLOAD: '1',
  PUPPETEER_SKIP_CHROMIUM_DOWNLOAD: '1',
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1',
  CYPRESS_INSTALL_BINARY: '0',
  ELECTRON_SKIP_BINARY_DOWNLOAD: '1',
  CHROMEDRIVER_SKIP_DOWNLOAD: 'true',
  GECKODRIVER_SKIP_DOWNLOAD: 'true',
  SENTRYCLI_SKIP_DOWNLOAD: '1',
};

/** npm, pnpm, yarn and bun. What they would report to a registry is switched off, and failing is quick: the door retries. */
export const configureNode: ConfigureClient = ({ url, privates }) => {
  const registry = `${url}/`;
  const scopes = privates.flatMap((own) =>
    own.names.filter((name) => /^@[^/]+\/\*$/.test(name)).map((name) => ({ scope: name.split('/')[0], url: own.url })),
  );
  return {
    env: {
      npm_config_registry: registry,
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
      npm_config_fetch_retries: '1',
      npm_config_fetch_retry_mintimeout: '1000',
      pnpm_config_registry: registry,
      YARN_REGISTRY: registry,
      YARN_NPM_REGISTRY_SERVER: url,
      YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
      YARN_ENABLE_TELEMETRY: '0',
      BUN_CONFIG_REGISTRY: registry,
      COREPACK_NPM_REGISTRY: url,
      COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
      ...NO_DOWNLOADS,
    },
    files: {
      '.npmrc': [`registry=${registry}`, ...scopes.map((own) => `${own.scope}:registry=${own.url}/`), ''].join('\n'),
    },
  };
};
