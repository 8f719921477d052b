import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect } from 'vitest';
import { WEBHOOK_PATH } from '../../app/main.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import type { Stores } from '../../app/store/stores.ts';
import type { Task } from '../../app/task/task.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import { createScriptedModel, type ScriptedModel } from '../../demo/model/create-scripted-model.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { stageStory } from '../../demo/story.ts';
import { withDatabase } from '../support/database.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { findBroken } from '../support/invariants.ts';
import { snapshotOfDatabase } from '../support/store-snapshots.ts';
import type { Fate } from '../crash/crashing-bosun.ts';
import { startCrashingBosun, type CrashingBosun } from '../crash/start-crashing-bosun.ts';
import { urlOf } from '../support/url-of.ts';

const SECRET = 'known to this test alone';

/** A GitHub, a model and a database on which as many Bosuns as wanted run, each a real process. */
export interface Deployment {
  readonly github: LocalGitHub;
  readonly model: ScriptedModel;
  readonly stores: Stores;
  /** A new data directory: a machine of its own, as far as Bosun can see. */
  addMachine(): Promise<string>;
  /** Starts a process; killed at the end if nobody ended it. Resolves at once: await `ready`. */
  start(plan: {
    readonly dataDir: string;
    readonly roles?: string;
    readonly settings?: Readonly<Record<string, string>>;
    readonly fatalPoint?: string;
    readonly stillPoint?: string;
    readonly times?: NonNullable<Fate['times']>;
  }): CrashingBosun;
  /** From here on GitHub sends its deliveries to this process. */
  deliverTo(process: CrashingBosun): Promise<void>;
  /** Polls until all tasks fit, of which there are so many; resolves with them, oldest first. */
  waitForTasks(count: number, fits: (task: Task) => boolean, options?: { timeoutMs: number }): Promise<Task[]>;
  /** Pauses between tries pass at once. */
  skipPauses(): Promise<void>;
}

export interface DeploymentOptions {
  readonly script: ModelScript;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Call at the top of a test file; what it opens is closed, and the invariants checked, after each test. */
export function withDeployment(): (options: DeploymentOptions) => Promise<Deployment> {
  const database = withDatabase();
  const cleaners: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const clean of cleaners.splice(0).toReversed()) {
      await clean();
    }
    const broken = findBroken(await snapshotOfDatabase(database.database));
    await emptyTables(database.database);
    expect(broken).toEqual([]);
  });

  return async function open({ script, settings }) {
    const github = await createLocalGitHub();
    cleaners.push(() => github.close());
    const model = await createScriptedModel({ script });
    cleaners.push(() => model.close());
    await stageStory(github);
    const stores = createPostgresStores({ database: database.database });
    const common = {
      APP_ID: String(github.app.id),
      PRIVATE_KEY: github.app.privateKey,
      WEBHOOK_SECRET: SECRET,
      GITHUB_API_URL: github.apiUrl,
      GITHUB_SERVER_URL: github.url,
      PORT: '0',
      DATABASE_URL: urlOf(database.connection),
      ANTHROPIC_API_KEY: model.key,
      ANTHROPIC_BASE_URL: model.url,
      BOSUN_COMPUTE: 'process',
      LOG_LEVEL: 'error',
      ...settings,
    };

    async function skipPauses(): Promise<void> {
      await database.database.query({
        text: `update task set wake_at = now() where wait_reason = 'backoff' and wake_at > now()`,
      });
      await database.database.query({ text: `select pg_notify('bosun_wake', '{"kind":"task","id":"*"}')` });
    }

    return {
      github,
      model,
      stores,
      skipPauses,
      async addMachine() {
        const dataDir = await mkdtemp(path.join(tmpdir(), 'bosun-machine-'));
        cleaners.push(() => rm(dataDir, { recursive: true, force: true }));
        return dataDir;
      },
      start({ dataDir, roles, settings: own, ...plan }) {
        const more = { BOSUN_DATA_DIR: dataDir, ...(roles === undefined ? {} : { BOSUN_ROLES: roles }), ...own };
        const process = startCrashingBosun({ settings: { ...common, ...more }, ...plan });
        cleaners.push(() => process.kill());
        return process;
      },
      async deliverTo(process) {
        const url = await process.ready;
        expect(url).not.toBeNull();
        github.setWebhook({ url: `${url}${WEBHOOK_PATH}`, secret: SECRET });
      },
      async waitForTasks(count, fits, options = { timeoutMs: 60_000 }) {
        let tasks: Task[] = [];
        await expect
          .poll(
            async () => {
              await skipPauses();
              tasks = (await stores.tasks.list({ limit: 1_000 })).toReversed();
              return tasks.filter((task) => fits(task)).length;
            },
            { timeout: options.timeoutMs, interval: 100 },
          )
          .toBe(count);
        return tasks;
      },
    };
  };
}
