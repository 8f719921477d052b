import type { ConfigProblem, Setting } from './setting.ts';
import { problemOf, setting } from './setting.ts';
import { anyText, longText, oneOf, type Reader } from './read/readers.ts';

/** Who may look at the dashboard, and how they sign in. */
export interface DashboardConfig {
  /** `local` lets whoever is on this machine in as the operator; `off` serves no dashboard and no API. */
  readonly mode: 'github' | 'local' | 'off';
  /** Logins, in lower case, of people who see and may do everything. */
  readonly admins: readonly string[];
  /** The App's own OAuth; null where it is not set up, so that nobody can sign in. */
  readonly oauth: { readonly clientId: string; readonly clientSecret: string } | null;
}

const LOGIN = /^[a-z\d](?:[a-z\d-]{0,38})$/i;

function logins(): Reader<readonly string[]> {
  const type = 'logins of GitHub, separated by commas';
  return {
    type,
    read: (text) => {
      const names = text.split(',').map((name) => name.trim().replace(/^@/, ''));
      return names.every((name) => LOGIN.test(name))
        ? { ok: true, value: names.map((name) => name.toLowerCase()) }
        : { ok: false, expected: type };
    },
  };
}

export const DASHBOARD_SETTINGS = {
  BOSUN_DASHBOARD: setting('BOSUN_DASHBOARD', oneOf(['github', 'local', 'off']), {
    group: 'Dashboard',
    description:
      'Who may open the dashboard and use the API: `github` lets people sign in with GitHub and shows them their repositories; `local` lets everybody on this machine in as the operator, and needs HOST to be a loopback address; `off` serves neither.',
    fallback: 'github',
    example: 'local',
  }),
  BOSUN_ADMINS: setting('BOSUN_ADMINS', logins(), {
    group: 'Dashboard',
    description: 'Logins of the operators, who see every repository, the deliveries and the settings.',
    example: 'octocat,hubot',
  }),
  GITHUB_CLIENT_ID: setting('GITHUB_CLIENT_ID', anyText('the client id of the App'), {
    group: 'Dashboard',
    description: 'The client id of the GitHub App, from its settings page. Needed for signing in with GitHub.',
    example: 'Iv23liExample0000000',
  }),
  GITHUB_CLIENT_SECRET: setting('GITHUB_CLIENT_SECRET', longText({ least: 16, what: 'the client secret' }), {
    group: 'Dashboard',
    description:
      'A client secret of the GitHub App. Its callback URL has to be `/login/callback` below BOSUN_URL, such as `https://bosun.example.com/login/callback`.',
    example: '0123456789abcdef0123456789abcdef01234567',
    secret: true,
  }),
};

const LOOPBACK = ['127.0.0.1', '::1', '[::1]', 'localhost'];

export function readDashboard(source: {
  readonly host: string;
  given: <T>(one: Setting<T>) => T | null;
  readOrFallback: <T>(one: Setting<T>) => T;
  readonly problems: ConfigProblem[];
}): DashboardConfig {
  const { given, host, problems, readOrFallback } = source;
  const mode = readOrFallback(DASHBOARD_SETTINGS.BOSUN_DASHBOARD);
  const clientId = given(DASHBOARD_SETTINGS.GITHUB_CLIENT_ID);
  const clientSecret = given(DASHBOARD_SETTINGS.GITHUB_CLIENT_SECRET);
  if (mode === 'local' && !LOOPBACK.includes(host)) {
    const expected = `\`github\` or \`off\`, because HOST=${host} can be reached from other machines`;
    problems.push(problemOf(DASHBOARD_SETTINGS.BOSUN_DASHBOARD, { text: mode, expected }));
  }
  if ((clientId === null) !== (clientSecret === null)) {
    const missing = clientId === null ? DASHBOARD_SETTINGS.GITHUB_CLIENT_ID : DASHBOARD_SETTINGS.GITHUB_CLIENT_SECRET;
    problems.push(problemOf(missing, { text: undefined, expected: `${missing.type}, because the other half is set` }));
  }
  return {
    mode,
    admins: given(DASHBOARD_SETTINGS.BOSUN_ADMINS) ?? [],
    oauth: clientId === null || clientSecret === null ? null : { clientId, clientSecret },
  };
}
