import { afterAll, afterEach, beforeAll } from 'vitest';
import { demoScript } from '../../demo/demo-script.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { stageStory, story } from '../../demo/story.ts';
import { startDemoServers, type DemoServers, type DemoServersOptions } from '../../app/cli/demo/start-demo-servers.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import type { Comment, Issue } from '../../demo/github/state/world.ts';
import type { Task } from '../../app/task/task.ts';
import { findBroken } from '../support/invariants.ts';
import { snapshotOfDatabase } from '../support/store-snapshots.ts';
import { withDatabase, type TestDatabase } from '../support/database.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { urlOf } from '../support/url-of.ts';
import { createRoutedLog, type RoutedLog } from './routed-log.ts';

/** One issue or pull request, and what people and Bosun say on it. */
export interface Conversation {
  readonly thread: { readonly repository: string; readonly number: number };
  /** Says something and resolves once the delivery is answered. */
  comment(body: string, options?: { as?: string }): Promise<Comment>;
  /** Says something that is no command or none that can be followed; resolves with the note of its routing. */
  commentRouted(body: string, options?: { as?: string }): Promise<string>;
  /** The status comments and every reply of Bosun, oldest first. */
  answers(): Comment[];
  /** Resolves with the first text among them that fits, once it is there. */
  waitForReply(fits: RegExp): Promise<string>;
  /** Resolves with the newest task of the thread once it is as wanted. */
  waitForTask(fits: (task: Task) => boolean): Promise<Task>;
}

/** A servers with the story on it, and the few things scenario tests ask of it. */
export interface Scenario extends DemoServers, Conversation {
  on(thread: Conversation['thread']): Conversation;
  /** A new issue of the reporter in the story's repository. */
  openIssue(draft?: { title?: string; body?: string; as?: string; repository?: string }): Conversation;
  /** Resolves once GitHub shows it: checked after each request that GitHub answers. */
  waitUntilShown(fits: () => boolean): Promise<void>;
  /** Resolves once every delivery that Bosun took is routed; notes by delivery id. */
  routed(): Promise<ReadonlyMap<string, string>>;
}

export type ScenarioOptions = Partial<Omit<DemoServersOptions, 'script' | 'onRouted'>> & {
  readonly script?: ModelScript;
};

/** Call at the top of a test file; scenarios it opens are closed, and their invariants checked, after each test. */
export function withScenarios(): (options?: ScenarioOptions) => Promise<Scenario> {
  const database = withDatabase();
  const open: Scenario[] = [];
  afterEach(async () => {
    for (const scenario of open.splice(0)) {
      await closeScenario(scenario, database);
    }
  });
  return async function openNext(options = {}) {
    const scenario = await openScenario(database, options);
    open.push(scenario);
    return scenario;
  };
}

/** One scenario for all tests of a file, each of which brings its own issue. Read it inside tests only. */
export function withScenario(options: ScenarioOptions = {}): () => Scenario {
  const database = withDatabase();
  let scenario: Scenario | null = null;
  beforeAll(async () => {
    scenario = await openScenario(database, options);
  });
  afterAll(async () => {
    await (scenario && closeScenario(scenario, database));
  });
  return () => {
    if (scenario === null) {
      throw new Error('The scenario of withScenario is there in tests only.');
    }
    return scenario;
  };
}

async function openScenario(database: TestDatabase, options: ScenarioOptions): Promise<Scenario> {
  const log = createRoutedLog();
  const servers = await startDemoServers({
    script: demoScript,
    compute: 'process',
    log: createLogger({ level: 'error', redact: (text) => text, destination: process.stderr }),
    ...options,
    prepare: async (github) => {
      await stageStory(github);
      await options.prepare?.(github);
    },
    onRouted: log.add,
    settings: { DATABASE_URL: urlOf(database.connection), ...options.settings },
  });
  return describeScene(servers, log);
}

async function closeScenario(scenario: Scenario, database: TestDatabase): Promise<void> {
  const broken = findBroken(await snapshotOfDatabase(database.database));
  // Answers that never come would be waited for while Bosun shuts down.
  await scenario.model.close();
  await scenario.close();
  await emptyTables(database.database);
  if (broken.length > 0) {
    throw new Error(`invariants are broken:\n${broken.join('\n')}`);
  }
}

function describeScene(servers: DemoServers, log: RoutedLog): Scenario {
  const { github } = servers;

  async function waitUntilRouted(): Promise<ReadonlyMap<string, string>> {
    await github.settled();
    const taken = github.deliveries.filter((delivery) => delivery.statusCode === 202);
    return log.all(taken.map((delivery) => delivery.guid));
  }

  function on(thread: Conversation['thread']): Conversation {
    async function comment(body: string, options: { as?: string } = {}): Promise<Comment> {
      const posted = github.comment(thread, { as: options.as ?? story.maintainer, body });
      await github.settled();
      return posted;
    }
    function replies(): Comment[] {
      return github.comments(thread).filter((comment) => comment.user.login === github.app.botLogin);
    }
    return {
      thread,
      comment: comment,
      answers: replies,
      async commentRouted(body, options) {
        const { id } = await comment(body, options);
        const delivery = github.deliveries.findLast(
          (one) => one.event === 'issue_comment' && one.body.includes(`"id":${id},`),
        );
        const notes = await waitUntilRouted();
        return notes.get(delivery?.guid ?? '') ?? 'never delivered';
      },
      async waitForReply(fits) {
        await github.waitForRequest(() => replies().some((comment) => fits.test(comment.body)));
        return replies().find((comment) => fits.test(comment.body))?.body ?? '';
      },
      waitForTask: (fits) =>
        waitForTask(servers, { repositoryId: github.repository(thread.repository).id, thread, fits }),
    };
  }

  return {
    ...servers,
    ...on({ repository: story.repository, number: 1 }),
    on,
    openIssue({ title = 'It rounds wrongly', body = 'See the tests.', as, repository } = {}) {
      const author = as ?? (repository === undefined ? story.reporter : story.maintainer);
      const issue: Issue = github.openIssue(repository ?? story.repository, { as: author, title, body });
      return on({ repository: repository ?? story.repository, number: issue.number });
    },
    async waitUntilShown(fits) {
      await github.waitForRequest(fits);
    },
    routed: waitUntilRouted,
  };
}

async function waitForTask(
  servers: DemoServers,
  wanted: { repositoryId: number; thread: Conversation['thread']; fits: (task: Task) => boolean },
): Promise<Task> {
  const { database, stores } = servers.bosun.storage;
  return new Promise<Task>((resolve, reject) => {
    let listening: Promise<{ stop(): Promise<void> }> | null = null;
    async function look(): Promise<void> {
      const task = await stores.tasks.findLatest(wanted.repositoryId, wanted.thread.number);
      if (task !== null && wanted.fits(task)) {
        resolve(task);
        await (await listening)?.stop();
      }
    }
    listening = database.listen('bosun_wake', () => void look().catch(reject));
    listening.then(look).catch(reject);
  });
}
