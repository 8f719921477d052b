import { afterAll, afterEach, beforeAll } from 'vitest';
import { demoScript } from '../../demo/demo-script.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { stageStory, story } from '../../demo/story.ts';
import { openStage, type Stage, type StageOptions } from '../../app/cli/demo/start-demo-servers.ts';
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
export interface Talk {
  readonly thread: { readonly repository: string; readonly number: number };
  /** Says something and resolves once the delivery is answered. */
  say(body: string, options?: { as?: string }): Promise<Comment>;
  /** Says something that is no order or none that can be followed; resolves with the note of its routing. */
  tell(body: string, options?: { as?: string }): Promise<string>;
  /** The status comments and every reply of Bosun, oldest first. */
  answers(): Comment[];
  /** Resolves with the first text among them that fits, once it is there. */
  answer(fits: RegExp): Promise<string>;
  /** Resolves with the newest task of the thread once it is as wanted. */
  task(fits: (task: Task) => boolean): Promise<Task>;
}

/** A stage with the story on it, and the few things scenario tests ask of it. */
export interface Scene extends Stage, Talk {
  on(thread: Talk['thread']): Talk;
  /** A new issue of the reporter in the story's repository. */
  openIssue(draft?: { title?: string; body?: string; as?: string; repository?: string }): Talk;
  /** Resolves once GitHub shows it: checked after each request that GitHub answers. */
  shown(fits: () => boolean): Promise<void>;
  /** Resolves once every delivery that Bosun took is routed; notes by delivery id. */
  routed(): Promise<ReadonlyMap<string, string>>;
}

export type SceneOptions = Partial<Omit<StageOptions, 'script' | 'onRouted'>> & { readonly script?: ModelScript };

/** Call at the top of a test file; scenes it opens are closed, and their invariants checked, after each test. */
export function withScenes(): (options?: SceneOptions) => Promise<Scene> {
  const lent = withDatabase();
  const open: Scene[] = [];
  afterEach(async () => {
    for (const scene of open.splice(0)) {
      await closeScene(scene, lent);
    }
  });
  return async function openNext(options = {}) {
    const scene = await openScene(lent, options);
    open.push(scene);
    return scene;
  };
}

/** One scene for all tests of a file, each of which brings its own issue. Read it inside tests only. */
export function withScene(options: SceneOptions = {}): () => Scene {
  const lent = withDatabase();
  let scene: Scene | null = null;
  beforeAll(async () => {
    scene = await openScene(lent, options);
  });
  afterAll(async () => {
    await (scene && closeScene(scene, lent));
  });
  return () => {
    if (scene === null) {
      throw new Error('The scene of withScene is there in tests only.');
    }
    return scene;
  };
}

async function openScene(lent: TestDatabase, options: SceneOptions): Promise<Scene> {
  const log = createRoutedLog();
  const stage = await openStage({
    script: demoScript,
    compute: 'process',
    log: createLogger({ level: 'error', redact: (text) => text, destination: process.stderr }),
    ...options,
    prepare: async (github) => {
      await stageStory(github);
      await options.prepare?.(github);
    },
    onRouted: log.add,
    settings: { DATABASE_URL: urlOf(lent.connection), ...options.settings },
  });
  return describeScene(stage, log);
}

async function closeScene(scene: Scene, lent: TestDatabase): Promise<void> {
  const broken = findBroken(await snapshotOfDatabase(lent.database));
  // Answers that never come would be waited for while Bosun winds down.
  await scene.model.close();
  await scene.close();
  await emptyTables(lent.database);
  if (broken.length > 0) {
    throw new Error(`invariants are broken:\n${broken.join('\n')}`);
  }
}

function describeScene(stage: Stage, log: RoutedLog): Scene {
  const { github } = stage;

  async function routed(): Promise<ReadonlyMap<string, string>> {
    await github.settled();
    const taken = github.deliveries.filter((delivery) => delivery.statusCode === 202);
    return log.all(taken.map((delivery) => delivery.guid));
  }

  function on(thread: Talk['thread']): Talk {
    async function say(body: string, options: { as?: string } = {}): Promise<Comment> {
      const comment = github.comment(thread, { as: options.as ?? story.maintainer, body });
      await github.settled();
      return comment;
    }
    function answers(): Comment[] {
      return github.comments(thread).filter((comment) => comment.user.login === github.app.botLogin);
    }
    return {
      thread,
      say,
      answers,
      async tell(body, options) {
        const { id } = await say(body, options);
        const delivery = github.deliveries.findLast(
          (one) => one.event === 'issue_comment' && one.body.includes(`"id":${id},`),
        );
        const notes = await routed();
        return notes.get(delivery?.guid ?? '') ?? 'never delivered';
      },
      async answer(fits) {
        await github.waitForRequest(() => answers().some((comment) => fits.test(comment.body)));
        return answers().find((comment) => fits.test(comment.body))?.body ?? '';
      },
      task: (fits) => waitForTask(stage, { repositoryId: github.repository(thread.repository).id, thread, fits }),
    };
  }

  return {
    ...stage,
    ...on({ repository: story.repository, number: 1 }),
    on,
    openIssue({ title = 'It rounds wrongly', body = 'See the tests.', as, repository } = {}) {
      const author = as ?? (repository === undefined ? story.reporter : story.maintainer);
      const issue: Issue = github.openIssue(repository ?? story.repository, { as: author, title, body });
      return on({ repository: repository ?? story.repository, number: issue.number });
    },
    async shown(fits) {
      await github.waitForRequest(fits);
    },
    routed,
  };
}

async function waitForTask(
  stage: Stage,
  wanted: { repositoryId: number; thread: Talk['thread']; fits: (task: Task) => boolean },
): Promise<Task> {
  const { database, stores } = stage.bosun.storage;
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
