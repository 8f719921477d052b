import type { AppSettings } from './app-settings.ts';
import { closestWord } from './closest-word.ts';
import { SETTINGS } from './settings.ts';

const LOOPBACK = ['127.0.0.1', '::1', '[::1]', 'localhost'];
const LONG_ENOUGH = 20;

/** The settings that are looked at. */
interface Examined {
  readonly app: AppSettings | null;
  readonly compute: string;
  readonly github: { readonly apiUrl: string };
  readonly http: { readonly host: string };
  readonly model: { readonly baseUrl: string };
}

/** What is allowed but worth a second look; each names the way out. */
export function findWarnings(env: Readonly<Record<string, string | undefined>>, config: Examined): string[] {
  return [
    ...unknownNames(env),
    ...(config.compute === 'process'
      ? [
          'BOSUN_COMPUTE=process runs workers without isolation. Use `sandbox` unless you trust every repository and every issue.',
        ]
      : []),
    ...(config.app !== null && config.app.webhookSecrets.some((secret) => secret.length < LONG_ENOUGH)
      ? [
          'WEBHOOK_SECRET is short. Make a new one with `openssl rand -hex 32` and set it in the settings of the App too.',
        ]
      : []),
    ...(LOOPBACK.includes(config.http.host)
      ? []
      : [
          `HOST=${config.http.host} can be reached from outside. Put a TLS proxy in front of it and allow no other access.`,
        ]),
    ...plainHttp(config),
    ...(env['PRIVATE_KEY']?.trim() && env['PRIVATE_KEY_PATH']?.trim()
      ? ['PRIVATE_KEY and PRIVATE_KEY_PATH are both set; PRIVATE_KEY is used. Remove one of them.']
      : []),
  ];
}

function unknownNames(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = Object.keys(SETTINGS);
  return Object.keys(env)
    .filter((name) => name.startsWith('BOSUN_') && !known.includes(name) && !name.startsWith('BOSUN_TEST_'))
    .map((name) => {
      const near = closestWord(name, known);
      return `${name} is not a setting of Bosun and has no effect.${near === null ? '' : ` Did you mean ${near}?`}`;
    });
}

/** Keys and tokens would travel readable. */
function plainHttp(config: Examined): string[] {
  const named = { GITHUB_API_URL: config.github.apiUrl, ANTHROPIC_BASE_URL: config.model.baseUrl };
  return Object.entries(named)
    .filter(([, url]) => url.startsWith('http:') && !LOOPBACK.includes(new URL(url).hostname))
    .map(([name, url]) => `${name}=${url} sends credentials unencrypted. Use https unless this network is your own.`);
}
