import { RestError, notFound } from '../http/rest-error.ts';
import type { Comment, Installation, Issue, Pull, Repository, Role, User, World } from './world.ts';

export function findUser(world: World, login: string): User | undefined {
  return world.users.get(login.toLowerCase());
}

/** The user of that login; throws when the test or story forgot to create it. */
export function mustFindUser(world: World, login: string): User {
  const user = findUser(world, login);
  if (!user) {
    throw new Error(`There is no user ${login} on the local GitHub; create it with createUser({login: '${login}'}).`);
  }
  return user;
}

export function findRepository(world: World, owner: string, name: string): Repository | undefined {
  const wanted = `${owner}/${name}`.toLowerCase();
  for (const repository of world.repositories.values()) {
    if (fullName(repository).toLowerCase() === wanted) {
      return repository;
    }
  }
  return undefined;
}

/** The repository called `owner/name`; throws when there is none. */
export function mustFindRepository(world: World, fullNameWanted: string): Repository {
  const [owner = '', name = ''] = fullNameWanted.split('/');
  const repository = findRepository(world, owner, name);
  if (!repository) {
    throw new Error(`There is no repository ${fullNameWanted} on the local GitHub; create it with createRepository.`);
  }
  return repository;
}

export function fullName(repository: Repository): string {
  return `${repository.owner.login}/${repository.name}`;
}

/** The issue or pull request, or GitHub's answer for a missing, deleted (410) or transferred (301) one. */
export function requireIssue(world: World, repository: Repository, number: string | number): Issue {
  const issue = repository.issues.get(Number(number));
  if (!issue) {
    throw notFound();
  }
  if (issue.deleted) {
    throw new RestError(410, 'This issue was deleted');
  }
  if (issue.transferredTo) {
    const target = issue.transferredTo;
    const url = `${world.apiUrl}/repos/${fullName(target.repository)}/issues/${target.number}`;
    throw new RestError(301, 'Moved Permanently', { body: { url }, headers: { location: url } });
  }
  return issue;
}

export function requirePull(world: World, repository: Repository, number: string | number): Issue & { pull: Pull } {
  const issue = requireIssue(world, repository, number);
  if (!issue.pull) {
    throw notFound();
  }
  return issue as Issue & { pull: Pull };
}

export function requireComment(repository: Repository, id: string | number): Comment {
  for (const issue of repository.issues.values()) {
    const comment = issue.transferredTo ? undefined : issue.comments.get(Number(id));
    if (comment) {
      return comment;
    }
  }
  throw notFound();
}

/** The installation of the app that covers the repository, suspended ones included. */
export function installationOf(world: World, repository: Repository): Installation | undefined {
  for (const installation of world.installations.values()) {
    if (installation.account.id !== repository.owner.id) {
      continue;
    }
    if (installation.repositories === 'all' || installation.repositories.has(repository.id)) {
      return installation;
    }
  }
  return undefined;
}

/** The role a person has; public repositories can be read by all. */
export function roleOf(repository: Repository, user: User): Role {
  if (repository.owner.id === user.id) {
    return 'admin';
  }
  return repository.roles.get(user.id) ?? (repository.private ? 'none' : 'read');
}

const ORDER: readonly Role[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];

export function hasRole(repository: Repository, user: User, wanted: Role): boolean {
  return ORDER.indexOf(roleOf(repository, user)) >= ORDER.indexOf(wanted);
}
