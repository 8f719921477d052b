import type { Installation, Permissions, World } from '../state/world.ts';
import { nodeId, time, userJson, type Json } from './user-json.ts';

export function appJson(world: World): Json {
  const { app } = world;
  return {
    id: app.id,
    slug: app.slug,
    client_id: app.clientId,
    node_id: nodeId('App', app.id),
    owner: userJson(world, app.owner),
    name: app.name,
    description: '',
    external_url: world.url,
    html_url: `${world.url}/apps/${app.slug}`,
    created_at: time(app.createdAt),
    updated_at: time(app.createdAt),
    permissions: withMetadata(app.permissions),
    events: app.events,
  };
}

/** GitHub Actions, whose jobs are check runs. */
export function actionsAppJson(world: World): Json {
  return { ...appJson(world), id: 15_368, slug: 'github-actions', name: 'GitHub Actions', client_id: 'Iv1.actions' };
}

export function installationJson(world: World, installation: Installation): Json {
  const { app } = world;
  return {
    id: installation.id,
    client_id: app.clientId,
    account: userJson(world, installation.account),
    repository_selection: installation.repositories === 'all' ? 'all' : 'selected',
    access_tokens_url: `${world.apiUrl}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${world.apiUrl}/installation/repositories`,
    html_url: `${world.url}/settings/installations/${installation.id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: installation.account.id,
    target_type: installation.account.type,
    permissions: withMetadata(installation.permissions),
    events: app.events,
    created_at: time(installation.createdAt),
    updated_at: time(installation.createdAt),
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: null,
    suspended_at: installation.suspendedAt ? time(installation.suspendedAt) : null,
  };
}

export function withMetadata(permissions: Permissions): Permissions {
  return { metadata: 'read', ...permissions };
}
