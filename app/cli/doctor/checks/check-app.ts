import type { GitHubApp, GitHubProblem, GitHubResult } from '../../../github/github.ts';
import { fail, ok, warn, type Check } from '../check.ts';
import { findMissingAccess, LOST_WITHOUT } from '../required-access.ts';

const NAME = 'GitHub App';
type Self = Awaited<ReturnType<GitHubApp['fetchSelf']>>;

/** Whether GitHub knows the App by this key, and whether it may and hears what Bosun needs. */
export function judgeApp(self: Self, place: { apiUrl: string; appId: number }): Check {
  if (!self.ok) {
    return explainProblem(self.problem, place);
  }
  const { slug, appId } = self.value;
  const missing = findMissingAccess(self.value);
  const lacks = [
    ...missing.permissions.map((permission) => `permission ${permission}`),
    ...missing.events.map((event) => `event ${event}`),
  ];
  const lost = [...missing.permissions, ...missing.events].map((name) => LOST_WITHOUT[name]);
  if (lacks.length > 0 && !lost.includes(undefined)) {
    return warn(
      NAME,
      `${slug} (id ${appId}) lacks ${lacks.join(', ')}: ${lost.join(', ')}`,
      'Add them under Permissions & events in the settings of the App; each installation then has to accept new permissions.',
    );
  }
  return lacks.length === 0
    ? ok(NAME, `${slug} (id ${appId}), permissions and events complete`)
    : fail(
        NAME,
        `${slug} (id ${appId}) lacks ${lacks.join(', ')}`,
        'Add them under Permissions & events in the settings of the App; each installation then has to accept new permissions.',
      );
}

function explainProblem(problem: GitHubProblem, place: { apiUrl: string; appId: number }): Check {
  const said = `${problem.status === null ? '' : `${problem.status} `}${problem.message}`;
  switch (problem.kind) {
    case 'unauthorized':
    case 'not_found':
    case 'gone':
      return fail(
        NAME,
        `${place.apiUrl} does not know App ${place.appId} by this key (${said})`,
        'Check that APP_ID and the private key belong together, and that the clock of this machine is right.',
      );
    case 'unavailable':
      return fail(
        NAME,
        `${place.apiUrl} cannot be reached (${said})`,
        'Check GITHUB_API_URL and that this machine may connect there.',
      );
    case 'limited':
      return warn(NAME, `GitHub limits requests right now (${said})`, 'Run `bosun doctor` again in a few minutes.');
    case 'forbidden':
    case 'conflict':
    case 'invalid':
      return fail(NAME, `GitHub refused (${said})`, 'Check that the App is not suspended, and GITHUB_API_URL.');
  }
}

type Failed = GitHubResult<readonly { readonly status: number; readonly deliveredAt: Date }[]>;

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Whether webhooks arrive: what GitHub could not deliver lately, and where it has to deliver to. */
export function judgeWebhooks(
  failed: Failed,
  place: {
    publicUrl: string | null;
    host: string;
    port: number;
    hours: number;
    isLocalGitHub: boolean;
    intake: 'webhook' | 'poll';
  },
): Check {
  const name = 'webhooks';
  if (place.intake === 'poll') {
    return failed.ok
      ? ok(name, `polled (BOSUN_INTAKE=poll); GitHub lists ${failed.value.length} from the last ${place.hours} h`)
      : warn(
          name,
          `GitHub did not list deliveries (${failed.problem.message})`,
          'Polling needs the webhook of the App to be active, with any address that GitHub cannot reach.',
        );
  }
  const target =
    place.publicUrl === null ? 'https://YOUR-SERVER/api/github/webhooks' : `${place.publicUrl}/api/github/webhooks`;
  const set = `The webhook URL in the settings of the App has to be ${target}, and reach ${place.host}:${place.port}.`;
  const refused = failed.ok ? failed.value.filter(({ status }) => status === 401).length : 0;
  if (refused > 0) {
    return fail(
      name,
      `this server refused ${refused} ${refused === 1 ? 'delivery' : 'deliveries'} in the last ${place.hours} h with 401: their signature does not match`,
      'Set WEBHOOK_SECRET to the webhook secret in the settings of the App, or the secret there to this one.',
    );
  }
  if (failed.ok && failed.value.length > 0) {
    const count = failed.value.length;
    return warn(
      name,
      `GitHub could not deliver ${count} ${count === 1 ? 'event' : 'events'} in the last ${place.hours} h`,
      `${set} \`bosun start\` fetches what was missed.`,
    );
  }
  if (place.publicUrl === null) {
    return warn(name, 'BOSUN_URL is not set, so the address to which GitHub delivers is unknown', set);
  }
  if (LOOPBACK.test(new URL(place.publicUrl).hostname) && !place.isLocalGitHub) {
    return warn(name, `BOSUN_URL is ${place.publicUrl}, which GitHub cannot reach`, `Use a public address. ${set}`);
  }
  return failed.ok
    ? ok(name, `none failed in the last ${place.hours} h; they go to ${target}`)
    : warn(name, `GitHub did not list deliveries (${failed.problem.message})`, set);
}

export function isLoopback(url: string): boolean {
  return LOOPBACK.test(new URL(url).hostname);
}
