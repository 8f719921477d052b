import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { LocalGitHubOptions } from '../local-github.ts';
import type { User, World } from './world.ts';

const DEFAULT_PERMISSIONS = {
  contents: 'write',
  issues: 'write',
  pull_requests: 'write',
  checks: 'write',
  actions: 'read',
  statuses: 'read',
  metadata: 'read',
};
const DEFAULT_EVENTS = [
  'issue_comment',
  'issues',
  'pull_request',
  'pull_request_review',
  'check_run',
  'check_suite',
  'status',
  'push',
];

/** An empty GitHub with one app and the bot of GitHub Actions. */
export function createWorld(start: {
  root: string;
  now: () => Date;
  app: NonNullable<LocalGitHubOptions['app']>;
}): World {
  const { root, now, app } = start;
  let lastId = 1000;
  const newId = (): number => (lastId += 1);
  const users = new Map<string, User>();
  const addUser = (login: string, type: User['type'], id = newId()): User => {
    const user: User = { id, login, type, name: null, email: null, createdAt: now() };
    users.set(login.toLowerCase(), user);
    return user;
  };
  // Its number on github.com.
  addUser('github-actions[bot]', 'Bot', 41_898_282);
  const slug = app.slug ?? 'bosun-local';
  const keys = app.privateKey === undefined ? ownKeys() : keysOf(app.privateKey);
  return {
    url: 'http://127.0.0.1',
    apiUrl: 'http://127.0.0.1/api/v3',
    root,
    now,
    newId,
    users,
    repositories: new Map(),
    formerNames: new Map(),
    app: {
      id: app.id ?? newId(),
      slug,
      name: app.name ?? 'Bosun (local)',
      clientId: `Iv23li${slug}`,
      clientSecret: `local-secret-of-${slug}`,
      owner: addUser(app.owner ?? 'local-operator', 'User'),
      bot: addUser(`${slug}[bot]`, 'Bot'),
      ...keys,
      permissions: app.permissions ?? DEFAULT_PERMISSIONS,
      events: app.events ?? DEFAULT_EVENTS,
      createdAt: now(),
    },
    installations: new Map(),
    tokens: new Map(),
    signInCodes: new Map(),
    listingLagMs: 0,
    emit: () => undefined,
  };
}

interface Keys {
  /** PEM. */
  readonly privateKey: string;
  readonly publicKey: string;
}

let own: Keys | undefined;

/** Made once a process: it takes a tenth of a second, and no test depends on two apps. */
function ownKeys(): Keys {
  own ??= keysOf(
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  );
  return own;
}

function keysOf(privateKey: string): Keys {
  return { privateKey, publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString() };
}
