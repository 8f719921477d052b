import { REQUIRED_EVENTS, REQUIRED_PERMISSIONS } from '../doctor/required-access.ts';
import { WEBHOOK_PATH } from '../../main.ts';

/** What GitHub is asked to make; its own names. Source: https://docs.github.com/apps/sharing-github-apps */
export interface AppManifest {
  readonly name: string;
  readonly description: string;
  readonly url: string;
  readonly public: boolean;
  readonly redirect_url: string;
  readonly callback_urls: readonly string[];
  readonly hook_attributes: { readonly url: string; readonly active: boolean };
  readonly default_permissions: Readonly<Record<string, string>>;
  readonly default_events: readonly string[];
}

/**
 * Where deliveries fail, so that GitHub keeps them for a server that polls. The top-level domain is reserved for names
 * that never exist (RFC 2606), so that they reach nobody else.
 */
const NO_ADDRESS = 'https://bosun.invalid';

/** The manifest of an App with exactly the access that Bosun needs. */
export function buildManifest(wanted: {
  readonly name: string;
  /** Where GitHub reaches this server; null where it cannot, so that the server polls. */
  readonly publicUrl: string | null;
  readonly redirectUrl: string;
}): AppManifest {
  const { name, publicUrl, redirectUrl } = wanted;
  const base = (publicUrl ?? NO_ADDRESS).replace(/\/+$/, '');
  return {
    name,
    description:
      'Turns an issue into a draft pull request that shows its cost, inside a budget, on infrastructure you own.',
    url: publicUrl ?? 'https://github.com',
    public: false,
    redirect_url: redirectUrl,
    callback_urls: publicUrl === null ? [] : [`${base}/login/callback`],
    hook_attributes: { url: `${base}${WEBHOOK_PATH}`, active: true },
    default_permissions: REQUIRED_PERMISSIONS,
    default_events: REQUIRED_EVENTS,
  };
}

/** Where the form with the manifest goes: the account of who is signed in, or an organization. */
export function manifestAction(serverUrl: string, organization: string | null): string {
  const base = serverUrl.replace(/\/+$/, '');
  return organization === null
    ? `${base}/settings/apps/new`
    : `${base}/organizations/${encodeURIComponent(organization)}/settings/apps/new`;
}
