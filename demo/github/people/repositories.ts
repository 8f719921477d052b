import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterPush } from '../actions/push-actions.ts';
import {
  commitFiles,
  initBareRepository,
  writePushRules,
  writeSignatureRules,
  type Files,
} from '../git/bare-repository.ts';
import { listRefs, resolveRef } from '../git/refs.ts';
import { runGit } from '../git/run-git.ts';
import { fullName, findUser, mustFindRepository, mustFindUser } from '../state/find.ts';
import type {
  BranchRule,
  Installation,
  PushRule,
  Repository,
  Role,
  Ruleset,
  SignatureRule,
  User,
  World,
} from '../state/world.ts';
import { announceInstallation, install, installationFor } from './installations.ts';

interface RepositoryDraft {
  owner: string;
  name: string;
  description?: string;
  /** First commit. Without files the repository is empty, with no branch at all. */
  files?: Files;
  /** As `files`, read from a directory (`.git` and `node_modules` left out). */
  fromDirectory?: string;
  /** Every commit of HEAD of a git repository on this machine. */
  fromGit?: string;
  defaultBranch?: string;
  private?: boolean;
  /** Whether the app is installed on it; true by default. */
  installed?: boolean;
}

export interface RepositoryActs {
  createUser: (draft: { login: string; type?: User['type']; name?: string; email?: string }) => User;
  createRepository: (draft: RepositoryDraft) => Promise<Repository>;
  /** A copy of all branches under another account, which is made when it does not exist. */
  forkRepository: (repository: string, to: { owner: string; name?: string }) => Promise<Repository>;
  renameRepository: (repository: string, name: string) => void;
  archiveRepository: (repository: string) => void;
  setPermission: (repository: string, login: string, role: Role) => void;
  /** Refuses pushes to refs that match, with the message. */
  protectRef: (repository: string, rule: { ref: string; message: string; except?: string[] }) => Promise<void>;
  /** Adds a ruleset for branches. Expressions and negated patterns are listed, but not enforced. */
  addRuleset: (repository: string, ruleset: Omit<Ruleset, 'id' | 'bypass'> & Partial<Ruleset>) => Promise<void>;
  /** Older protection of a branch: takes only commits with a verified signature on refs that match. */
  requireSignatures: (repository: string, ref: string) => Promise<void>;
  /** Commits on a branch as a person would with git, with all webhooks. A new branch starts at the default branch. */
  pushCommit: (
    repository: string,
    push: { as: string; files: Files; branch?: string; message?: string; from?: string },
  ) => Promise<{ sha: string }>;
  deleteBranch: (repository: string, gone: { as: string; branch: string }) => Promise<void>;
  /** Installs the app on the repository and announces it. */
  installApp: (repository: string) => Installation;
  /** Takes the app off the whole account; its tokens are 401 from then on. */
  uninstallApp: (account: string) => void;
  suspendApp: (account: string) => void;
}

export function repositoryActs(world: World): RepositoryActs {
  return {
    createUser: (draft) => createUser(world, draft),
    createRepository: (draft) => createRepository(world, draft),
    forkRepository: (repository, to) => forkRepository(world, mustFindRepository(world, repository), to),
    renameRepository(repository, name) {
      const known = mustFindRepository(world, repository);
      world.formerNames.set(fullName(known).toLowerCase(), known.id);
      known.name = name;
    },
    archiveRepository(repository) {
      mustFindRepository(world, repository).archived = true;
    },
    setPermission(repository, login, role) {
      mustFindRepository(world, repository).roles.set(mustFindUser(world, login).id, role);
    },
    async protectRef(repository, rule) {
      const known = mustFindRepository(world, repository);
      known.pushRules.push({ except: [], ...rule });
      await writePushRules(known.dir, known.pushRules);
    },
    async addRuleset(repository, draft) {
      const known = mustFindRepository(world, repository);
      const ruleset: Ruleset = { id: world.newId(), bypass: 'never', ...draft };
      known.rulesets.push(ruleset);
      if (ruleset.bypass === 'never') {
        known.pushRules.push(...ruleset.rules.flatMap((rule) => pushRulesOf(rule, ruleset.include)));
        await writePushRules(known.dir, known.pushRules);
        if (ruleset.rules.some(({ type }) => type === 'required_signatures')) {
          await addSignatureRule(known, { kind: 'ruleset', ref: `refs/heads/${ruleset.include}` });
        }
      }
    },
    async requireSignatures(repository, ref) {
      await addSignatureRule(mustFindRepository(world, repository), { kind: 'protection', ref });
    },
    pushCommit: (repository, push) => pushCommit(world, repository, push),
    async deleteBranch(repository, gone) {
      const known = mustFindRepository(world, repository);
      const before = await listRefs(known.dir);
      const after = new Map(before);
      after.delete(`refs/heads/${gone.branch}`);
      await runGit(known.dir, ['update-ref', '-d', `refs/heads/${gone.branch}`]);
      await afterPush(world, known, { before, after, by: mustFindUser(world, gone.as) });
    },
    installApp: (repository) => announceInstallation(world, mustFindRepository(world, repository)),
    uninstallApp(account) {
      const installation = installationFor(world, account);
      world.installations.delete(installation.id);
      const sender = installation.account;
      world.emit({
        event: 'installation',
        action: 'deleted',
        repository: null,
        installation,
        sender,
        payload: { repositories: [] },
      });
    },
    suspendApp(account) {
      const installation = installationFor(world, account);
      installation.suspendedAt = world.now();
    },
  };
}

async function addSignatureRule(repository: Repository, rule: SignatureRule): Promise<void> {
  repository.signatureRules.push(rule);
  await writeSignatureRules(repository.dir, repository.signatureRules);
}

function pushRulesOf(rule: BranchRule, include: string): PushRule[] {
  const to = { ref: `refs/heads/${include}`, except: [] };
  if (rule.type === 'creation') {
    return [{ ...to, message: 'Cannot create ref due to creations being restricted.' }];
  }
  if (rule.type === 'required_signatures') {
    // It depends on the commits, not on the name.
    return [];
  }
  const { negate, operator, pattern } = rule.parameters;
  const fits = { starts_with: `${pattern}*`, ends_with: `*${pattern}`, contains: `*${pattern}*`, regex: null }[
    operator
  ];
  const message = `Branch name must ${operator.replaceAll('_', ' ')} ${pattern}`;
  return fits === null || negate === true ? [] : [{ ...to, unless: `refs/heads/${fits}`, message }];
}

function createUser(world: World, draft: { login: string; type?: User['type']; name?: string; email?: string }): User {
  const { login, type = 'User', name = null, email = null } = draft;
  const known = findUser(world, login);
  if (known) {
    return known;
  }
  const user: User = { id: world.newId(), login, type, name, email, createdAt: world.now() };
  world.users.set(login.toLowerCase(), user);
  return user;
}

async function createRepository(world: World, draft: RepositoryDraft): Promise<Repository> {
  const owner = createUser(world, { login: draft.owner });
  const defaultBranch = draft.defaultBranch ?? 'main';
  const id = world.newId();
  const repository: Repository = {
    id,
    owner,
    name: draft.name,
    description: draft.description ?? null,
    private: draft.private ?? false,
    forkOf: null,
    archived: false,
    defaultBranch,
    dir: join(world.root, `${id}.git`),
    roles: new Map(),
    issues: new Map(),
    nextNumber: 1,
    labels: new Map(),
    checkRuns: new Map(),
    checkSuites: new Map(),
    statuses: new Map(),
    jobLogs: new Map(),
    pushRules: [],
    rulesets: [],
    signatureRules: [],
    signedCommits: new Set(),
    createdAt: world.now(),
    pushedAt: world.now(),
  };
  await initBareRepository(repository.dir, defaultBranch);
  if (draft.fromGit !== undefined) {
    const fetch = ['-c', 'safe.directory=*', 'fetch', '--quiet', '--no-tags', '--no-write-fetch-head'];
    await runGit(repository.dir, [...fetch, '--', draft.fromGit, `+HEAD:refs/heads/${defaultBranch}`]);
  }
  const files = { ...(draft.fromDirectory ? await readDirectory(draft.fromDirectory) : {}), ...draft.files };
  if (Object.keys(files).length > 0) {
    const commit = { branch: defaultBranch, files, message: 'Start\n', author: owner, at: world.now() };
    await commitFiles(repository.dir, commit);
  }
  world.repositories.set(id, repository);
  if (draft.installed ?? true) {
    install(world, repository);
  }
  return repository;
}

async function forkRepository(
  world: World,
  source: Repository,
  to: { owner: string; name?: string },
): Promise<Repository> {
  const { defaultBranch, private: isPrivate } = source;
  const name = to.name ?? source.name;
  const fork = await createRepository(world, {
    owner: to.owner,
    name,
    defaultBranch,
    private: isPrivate,
    installed: false,
  });
  await runGit(fork.dir, ['fetch', '--quiet', source.dir, 'refs/heads/*:refs/heads/*']);
  fork.forkOf = source;
  return fork;
}

async function readDirectory(root: string): Promise<Files> {
  const names = await readdir(root, { recursive: true });
  const files: Files = {};
  for (const name of names.toSorted()) {
    const info = await stat(join(root, name));
    if (!info.isFile() || /(^|\/)(\.git|node_modules)(\/|$)/.test(name)) {
      continue;
    }
    const content = await readFile(join(root, name));
    files[name] = info.mode & 0o100 ? { content, executable: true } : content;
  }
  return files;
}

async function pushCommit(
  world: World,
  name: string,
  push: { as: string; files: Files; branch?: string; message?: string; from?: string },
): Promise<{ sha: string }> {
  const repository = mustFindRepository(world, name);
  const by = mustFindUser(world, push.as);
  const branch = push.branch ?? repository.defaultBranch;
  const from = push.from ?? (await resolveRef(repository.dir, `refs/heads/${repository.defaultBranch}`));
  const before = await listRefs(repository.dir);
  const message = push.message ?? `Change ${Object.keys(push.files).join(', ')}`;
  const sha = await commitFiles(repository.dir, {
    branch,
    from,
    files: push.files,
    message,
    author: by,
    at: world.now(),
  });
  await afterPush(world, repository, { before, after: await listRefs(repository.dir), by });
  return { sha };
}
