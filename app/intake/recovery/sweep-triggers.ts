import type { RepoFiles } from '../../admission/repo-file.ts';
import { defaultLabels } from '../../config/repo/to-config.ts';
import type { GitHub, GitHubActivity, GitHubApp, GitHubProblem } from '../../github/github.ts';
import type { RecoveryStore, Watch } from '../../store/recovery.ts';
import type { InboxStore } from '../../store/stores.ts';
import type { Clock } from '../../task/clock.ts';
import type { Logger } from '../../telemetry/log.ts';
import { findTriggers } from './find-triggers.ts';
import { RawRepository } from './raw-objects.ts';

export interface TriggerSweepOptions {
  readonly app: Pick<GitHubApp, 'fetchInstallations' | 'installation'>;
  readonly appId: number;
  readonly inbox: Pick<InboxStore, 'record' | 'claimers'>;
  readonly recovery: Pick<RecoveryStore, 'readWatches' | 'writeWatch'>;
  readonly repoFiles: RepoFiles;
  readonly clock: Clock;
  readonly log: Logger;
  /** False once another process sweeps. */
  readonly holds: () => boolean;
}

export interface TriggersSwept {
  readonly recovered: number;
  /** Repositories that were looked at, and how many of them had changed. */
  readonly looked: number;
  readonly changed: number;
}

/**
 * Compares open triggers with what is known: for webhooks that GitHub never sent, or gave up and forgot. Each repository
 * costs one conditional request; only one that changed is asked for its latest comments and for the labels of the
 * threads that changed. What is found goes into the inbox like a delivery, under the key of the order it carries, so
 * neither a second sweep nor a late webhook carries it out again.
 */
export async function sweepTriggers(options: TriggerSweepOptions): Promise<TriggersSwept> {
  const swept = { recovered: 0, looked: 0, changed: 0 };
  const installations = await options.app.fetchInstallations();
  if (!installations.ok) {
    warn(options, installations.problem, {});
    return swept;
  }
  for (const installationId of installations.value) {
    const github = options.app.installation(installationId);
    const repositories = await github.fetchRepositories();
    if (!repositories.ok) {
      warn(options, repositories.problem, { installationId });
      continue;
    }
    const known = repositories.value.flatMap((raw) => RawRepository.safeParse(raw).data ?? []);
    const watches = await options.recovery.readWatches(known.map(({ id }) => id));
    for (const repository of known.filter(({ archived }) => !archived)) {
      if (!options.holds()) {
        return swept;
      }
      const watch = watches.get(repository.id) ?? (await beginWatch(repository.id, options));
      const found = await sweepRepository({ installationId, repository, watch, github }, options);
      swept.looked += 1;
      swept.changed += found.changed ? 1 : 0;
      swept.recovered += found.recovered;
    }
  }
  return swept;
}

/**
 * Commands from before Bosun first looked at a repository are not meant for it. GitHub's times are whole seconds, so
 * the one of the look does not count. Written down before the look, so that a round that fails does not move it.
 */
async function beginWatch(repositoryId: number, options: TriggerSweepOptions): Promise<Watch> {
  const now = options.clock.now().getTime();
  const watch: Watch = { etag: null, seenThrough: new Date(Math.ceil(now / 1_000) * 1_000) };
  await options.recovery.writeWatch(repositoryId, watch);
  return watch;
}

interface Place {
  readonly installationId: number;
  readonly repository: RawRepository;
  readonly watch: Watch;
  readonly github: GitHub & GitHubActivity;
}

async function sweepRepository(
  place: Place,
  options: TriggerSweepOptions,
): Promise<{ changed: boolean; recovered: number }> {
  const { github, installationId, repository, watch } = place;
  const ref = { id: repository.id, owner: repository.owner.login, name: repository.name };
  const activity = await github.fetchChangedThreads(ref, { etag: watch.etag, since: watch.seenThrough });
  if (!activity.ok) {
    warn(options, activity.problem, { repositoryId: ref.id });
    return { changed: false, recovered: 0 };
  }
  if (activity.value === null) {
    return { changed: false, recovered: 0 };
  }
  const found = await findTriggers({
    threads: activity.value.threads,
    since: watch.seenThrough,
    repository,
    ref,
    installationId,
    appId: options.appId,
    github,
    fetchLabels: () => readLabels(place, options),
  });
  if (!found.ok) {
    warn(options, found.problem, { repositoryId: ref.id });
    return { changed: true, recovered: 0 };
  }
  let recovered = 0;
  for (const trigger of found.value.triggers) {
    const claimers = await options.inbox.claimers(trigger.keys.flatMap((key) => [key, `${key}/0`]));
    if (claimers.length === 0) {
      const body = Buffer.from(JSON.stringify(trigger.payload));
      const delivery = { id: `found/${trigger.keys[0]}`, event: trigger.event, body, receivedAt: options.clock.now() };
      recovered += (await options.inbox.record(delivery)).recorded ? 1 : 0;
    }
  }
  // Only after all of it is in the inbox; by GitHub's clock, because its times are compared.
  await options.recovery.writeWatch(ref.id, { etag: activity.value.etag, seenThrough: found.value.seenThrough });
  return { changed: true, recovered };
}

async function readLabels({ github, repository }: Place, { repoFiles }: TriggerSweepOptions): Promise<string[]> {
  const asked = {
    id: repository.id,
    owner: repository.owner.login,
    name: repository.name,
    defaultBranch: repository.default_branch,
    archived: repository.archived,
    url: repository.html_url,
  };
  const file = await repoFiles.read(asked, github);
  return Object.keys(file.ok ? file.config.labels : defaultLabels());
}

function warn({ log }: TriggerSweepOptions, problem: GitHubProblem, fields: Record<string, number>): void {
  const detail = { ...fields, problem: problem.kind, detail: problem.message };
  log.warn('Open triggers could not be compared with tasks; the next sweep tries again', detail);
}
