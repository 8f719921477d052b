import { fullName, installationOf } from '../state/find.ts';
import type { Installation, Repository, World } from '../state/world.ts';

export function installationFor(world: World, account: string): Installation {
  const found = [...world.installations.values()].find(
    (one) => one.account.login.toLowerCase() === account.toLowerCase(),
  );
  if (!found) {
    throw new Error(`The app is not installed on the account ${account}.`);
  }
  return found;
}

export function install(world: World, repository: Repository): { installation: Installation; isNew: boolean } {
  const known = [...world.installations.values()].find(({ account }) => account.id === repository.owner.id);
  if (known) {
    if (known.repositories !== 'all') {
      known.repositories.add(repository.id);
    }
    return { installation: known, isNew: false };
  }
  const installation: Installation = {
    id: world.newId(),
    account: repository.owner,
    repositories: new Set([repository.id]),
    permissions: { ...world.app.permissions },
    suspendedAt: null,
    createdAt: world.now(),
  };
  world.installations.set(installation.id, installation);
  return { installation, isNew: true };
}

export function announceInstallation(world: World, repository: Repository): Installation {
  const known = installationOf(world, repository);
  if (known) {
    return known;
  }
  const { installation, isNew } = install(world, repository);
  const { id, name } = repository;
  const list = [{ id, node_id: String(id), name, full_name: fullName(repository), private: repository.private }];
  const sender = repository.owner;
  const event = { repository: null, installation, sender };
  if (isNew) {
    world.emit({
      ...event,
      event: 'installation',
      action: 'created',
      payload: { repositories: list, requester: null },
    });
  } else {
    const payload = {
      repository_selection: 'selected',
      repositories_added: list,
      repositories_removed: [],
      requester: null,
    };
    world.emit({ ...event, event: 'installation_repositories', action: 'added', payload });
  }
  return installation;
}
