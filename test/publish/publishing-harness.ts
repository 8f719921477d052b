import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkerResult } from '../../protocol/index.ts';
import { createAttemptRepositories, type AttemptRepositories } from '../../app/git/attempt-repository.ts';
import { createMirrors, type Mirrors } from '../../app/git/mirror.ts';
import { createGitHubApp } from '../../app/github/create-github-app.ts';
import type { GitHubApp } from '../../app/github/github.ts';
import { createCommitFetcher } from '../../app/main/git/fetch-commit.ts';
import { createPublisher, type Publisher } from '../../app/publish/publish.ts';
import type { PublisherOptions } from '../../app/publish/publisher-options.ts';
import { createMemoryArtifacts } from '../../app/store/artifacts/memory-artifacts.ts';
import { createMemoryStores, type MemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import type { NewTask } from '../../app/store/stores.ts';
import { waitingEvent } from '../../app/task/events.ts';
import type { Attempt } from '../../app/task/attempt.ts';
import type { Task } from '../../app/task/task.ts';
import { hashApprovedText } from '../../app/text/hash-approved-text.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import { claimer, fenceOf, sampleTask } from '../contract/stores/store-harness.ts';
import { commitFiles } from '../../demo/github/git/bare-repository.ts';
import { createMemoryWriteLocks } from '../../app/store/memory/memory-write-locks.ts';

export const NAME = 'ada/engine';
const TEXT = { title: 'The sum is wrong @everyone', body: 'It adds up wrong.', request: '' };

/** A task in FINALIZING whose worker has pushed, real git and a whole GitHub around it. */
export interface PublishingHarness {
  readonly github: LocalGitHub;
  readonly app: GitHubApp;
  readonly stores: MemoryStores;
  readonly artifacts: ReturnType<typeof createMemoryArtifacts>;
  readonly attempts: AttemptRepositories;
  readonly publisher: Publisher;
  /** Number of the issue the task is for. */
  readonly issue: number;
  task(): Promise<Task>;
  attempt(): Promise<Attempt>;
  /** What a worker leaves in the repository of its attempt: a commit on top of what it was given. */
  work(files: Record<string, string>, message?: string): Promise<string>;
  /** Publishes as the orchestrator does, with the task as it is. */
  publish(options?: Partial<PublisherOptions>): ReturnType<Publisher['publish']>;
  keep(): ReturnType<Publisher['keep']>;
  /** Back to the queue and into a next attempt that continues from what was published, and ends as given. */
  again(result?: Partial<WorkerResult>): Promise<void>;
  /** Commit of the task's branch at GitHub. */
  remote(branch?: string): Promise<string | null>;
  eventKinds(): Promise<string[]>;
  /** Lets time pass for the limits of GitHub and for the publisher. */
  advance(ms: number): void;
  close(): Promise<void>;
}

export async function openHarness(
  settings: {
    files?: Record<string, string>;
    result?: Partial<WorkerResult>;
    task?: Partial<NewTask['settings']>;
    /** An App's bot that the repository allows asks, instead of a person who may write. */
    requester?: 'allowed bot' | 'bot';
    /** Whose text the agent read without their having write access. */
    outsiders?: readonly string[];
  } = {},
): Promise<PublishingHarness> {
  const root = await mkdtemp(join(tmpdir(), 'bosun-publish-'));
  const github = await createLocalGitHub({ deliveries: 'manual' });
  const ada = github.createUser({ login: 'ada' });
  const mia = github.createUser({ login: 'mia' });
  const repository = await github.createRepository({
    owner: 'ada',
    name: 'engine',
    files: { 'README.md': '# Engine\n', 'src/sum.js': 'a - b\n', ...settings.files },
  });
  github.setPermission(NAME, 'mia', 'write');
  const issue = github.openIssue(NAME, { as: 'ada', title: TEXT.title, body: TEXT.body });
  const installation = github.world.installations.values().next().value;
  let aheadMs = 0;
  const app = createGitHubApp({
    appId: github.app.id,
    privateKey: github.app.privateKey,
    apiUrl: github.apiUrl,
    userAgent: 'bosun-test',
    clock: { now: () => new Date(Date.now() + aheadMs) },
    writeLocks: createMemoryWriteLocks(),
    timeoutMs: 30_000,
    sleep: async () => {},
  });
  const stores = createMemoryStores();
  const artifacts = createMemoryArtifacts();
  const mirrors: Mirrors = createMirrors({ directory: join(root, 'mirrors'), serverUrl: github.url });
  const attempts = createAttemptRepositories({
    directory: join(root, 'attempts'),
    mirrors,
    store: artifacts,
    fetchCommit: createCommitFetcher({ tasks: stores.tasks, github: (id) => app.installation(id), mirrors }),
  });
  const options: PublisherOptions = {
    github: (id) => app.installation(id),
    attempts,
    mirrors,
    artifacts,
    tasks: stores.tasks,
    findSecrets: (bytes) => (Buffer.from(bytes).includes('sk-canary') ? [{ kind: 'canary' }] : []),
    cleanOutput: (text) => text.replaceAll('@', ''),
    hashText: hashApprovedText,
    markerKey: async () => new Uint8Array(32).fill(7),
    serverUrl: github.url,
    identity: { appId: github.app.id, name: 'bosun[bot]', email: '1+bosun[bot]@users.noreply.github.com' },
    clock: { now: () => new Date(Date.now() + aheadMs) },
  };
  const bot = github.createUser({ login: 'triage-helper[bot]', type: 'Bot' });
  const requester = settings.requester === undefined ? mia : bot;
  const allowed = settings.requester === 'allowed bot' ? { allowedBotId: bot.id } : {};
  const ref = { id: repository.id, owner: 'ada', name: 'engine' };
  const sample = sampleTask('01TASK', {});
  await stores.tasks.admit({
    task: {
      ...sample,
      installationId: installation?.id ?? 0,
      repository: ref,
      thread: { number: issue.number, kind: 'issue' },
      requestedBy: { id: requester.id, login: requester.login },
      text: { ...sample.text, ...TEXT, sha256: hashApprovedText(TEXT) },
      settings: { ...sample.settings, verify: 'npm test', ...allowed, ...settings.task },
      branch: 'bosun/01task-sum',
    },
    semanticKey: 'trigger',
    now: new Date(),
    rate: { perUserPerHour: 100 },
    outbox: [],
  });

  const harness: PublishingHarness = {
    github,
    app,
    stores,
    artifacts,
    attempts,
    publisher: createPublisher(options),
    issue: issue.number,
    async task() {
      const task = await stores.tasks.find('01TASK');
      if (task === null) {
        throw new Error('the task is gone');
      }
      return task;
    },
    async attempt() {
      const { epoch } = await harness.task();
      const attempt = await stores.attempts.find({ taskId: '01TASK', epoch });
      if (attempt === null) {
        throw new Error('the attempt is gone');
      }
      return attempt;
    },
    async work(files, message = 'Fix the sum') {
      const task = await harness.task();
      const { path, startSha, workBranch } = (await attempts.find({ taskId: task.id, epoch: task.epoch }))!;
      const parent = (await attempts.tip({ taskId: task.id, epoch: task.epoch })) ?? startSha;
      const sha = await commitFiles(path, {
        branch: workBranch,
        from: parent,
        files,
        message,
        author: ada,
        at: new Date(),
      });
      // As the door does before it answers.
      await attempts.keep({ taskId: task.id, epoch: task.epoch });
      return sha;
    },
    async publish(overrides = {}) {
      const task = await harness.task();
      return createPublisher({ ...options, ...overrides }).publish({
        task,
        attempt: await harness.attempt(),
        fence: fenceOf(task),
      });
    },
    async keep() {
      return harness.publisher.keep({ task: await harness.task(), attempt: await harness.attempt() });
    },
    async again(result = {}) {
      const task = await harness.task();
      const now = new Date();
      const wait = { reason: 'slot', wakeAt: now, note: null, blockedOn: null } as const;
      await stores.tasks.move({ fence: fenceOf(task), to: 'SUBMITTED', now, event: waitingEvent(wait), wait });
      await begin(result);
    },
    async remote(branch = 'bosun/01task-sum') {
      const result = await github.git(NAME, ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`]);
      return result.stdout.toString().trim() || null;
    },
    async eventKinds() {
      return (await stores.tasks.events('01TASK')).map((event) => event.kind);
    },
    advance(ms) {
      aheadMs += ms;
    },
    async close() {
      await github.close();
      await rm(root, { recursive: true, force: true });
    },
  };

  /** Claims the task, prepares its repository as hydration does, and moves it to FINALIZING. */
  async function begin(ending: Partial<WorkerResult> = {}): Promise<void> {
    const claimed = await stores.tasks.claim(claimer({ now: new Date() }));
    if (claimed === null) {
      throw new Error('the task cannot be claimed');
    }
    const { task } = claimed;
    const { headSha } = task.publication;
    const token = github.createInstallationToken(NAME);
    const branches = ['main', ...(headSha === null ? [] : [task.branch])];
    const refreshed = await mirrors.refresh({ repository: ref, token, branches });
    const baseSha = task.baseSha ?? (refreshed.ok ? refreshed.shas.get('main') : undefined) ?? '';
    const start = headSha === null ? null : ({ kind: 'published', branch: task.branch, sha: headSha } as const);
    const place = { taskId: task.id, epoch: task.epoch, repositoryId: ref.id, baseBranch: 'main', baseSha };
    await attempts.prepare({ ...place, workBranch: task.branch, start });
    const fence = fenceOf(task);
    const startSha = headSha ?? baseSha;
    const now = new Date();
    const attempt = {
      tokenSha256: `${task.epoch}`.repeat(64),
      startSha,
      gateBaseSha: startSha,
      outsiders: settings.outsiders ?? [],
    };
    await stores.tasks.record({ fence, now, patch: { baseBranch: 'main', baseSha }, attempt });
    await stores.tasks.move({ fence, to: 'RUNNING', now, event: { kind: 'task.started' } });
    const result = WorkerResult.parse({
      ending: 'done',
      summary: 'The sum adds now. cc @eve',
      turns: 3,
      ...settings.result,
      ...ending,
    });
    await stores.attempts.finish({ taskId: task.id, epoch: task.epoch, now, result });
    await stores.tasks.move({
      fence,
      to: 'FINALIZING',
      now,
      event: { kind: 'task.session_ended', data: { session: { kind: 'finished' } } },
    });
  }

  await begin();
  return harness;
}
