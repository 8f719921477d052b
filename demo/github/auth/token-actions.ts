import { mustFindRepository, mustFindUser, installationOf } from '../state/find.ts';
import type { Permissions, World } from '../state/world.ts';
import { issueToken, type TokenFormat } from './issue-token.ts';

const HOUR_MS = 3_600_000;
/** What `permissions: write-all` comes to, as far as the local GitHub has it. */
const WORKFLOW_PERMISSIONS: Permissions = {
  contents: 'write',
  issues: 'write',
  pull_requests: 'write',
  checks: 'write',
};

export interface TokenActs {
  /** A personal token of a person, with all that the person may do. */
  createPersonalToken: (login: string) => string;
  /** The `GITHUB_TOKEN` of a workflow run: `github-actions[bot]`, one repository, an hour. */
  createWorkflowToken: (repository: string, permissions?: Permissions) => string;
  /** An installation token for one repository, as the app would get it. */
  createInstallationToken: (repository: string, permissions?: Permissions) => string;
  revokeToken: (token: string) => void;
}

export function tokenActs(world: World, format: () => TokenFormat): TokenActs {
  const inAnHour = (): Date => new Date(world.now().getTime() + HOUR_MS);
  return {
    createPersonalToken(login) {
      const user = mustFindUser(world, login);
      const grant = {
        kind: 'user' as const,
        user,
        installation: null,
        repositories: null,
        permissions: {},
        expiresAt: null,
      };
      return issueToken(world, grant, format());
    },
    createWorkflowToken(repository, permissions = WORKFLOW_PERMISSIONS) {
      const grant = {
        kind: 'actions' as const,
        user: mustFindUser(world, 'github-actions[bot]'),
        installation: null,
        repositories: new Set([mustFindRepository(world, repository).id]),
        permissions,
        expiresAt: inAnHour(),
      };
      return issueToken(world, grant, format());
    },
    createInstallationToken(repository, permissions) {
      const known = mustFindRepository(world, repository);
      const installation = installationOf(world, known);
      if (!installation) {
        throw new Error(`The app is not installed on ${repository}; call installApp('${repository}').`);
      }
      const grant = {
        kind: 'installation' as const,
        user: world.app.bot,
        installation,
        repositories: new Set([known.id]),
        permissions: permissions ?? installation.permissions,
        expiresAt: inAnHour(),
      };
      return issueToken(world, grant, format());
    },
    revokeToken(token) {
      const known = world.tokens.get(token);
      if (known) {
        known.revoked = true;
      }
    },
  };
}
