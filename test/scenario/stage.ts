import { afterEach } from 'vitest';
import { demoScript } from '../../demo/demo-script.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { stageStory, story } from '../../demo/story.ts';
import { openStage, type Stage, type StageOptions } from '../../app/cli/demo/open-stage.ts';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import type { Database } from '../../app/store/database.ts';
import type { Comment } from '../../demo/github/state/world.ts';
import { createLogger } from '../../app/telemetry/log.ts';
import type { Task } from '../../app/task/task.ts';
import { findBroken } from '../support/invariants.ts';
import { snapshotOfDatabase } from '../support/store-snapshots.ts';
import { withDatabase } from '../support/database.ts';

/** A stage with the story on it, and the few things scenario tests ask of it. */
export interface Scene extends Stage {
  readonly thread: { readonly repository: string; readonly number: number };
  /** Says something on the issue and resolves once the delivery is answered. */
  say(body: string, options?: { as?: string }): Promise<Comment>;
  /** The status comment and every reply of Bosun, oldest first. */
  answers(): Comment[];
  /** Resolves with the newest task once it is as wanted. */
  task(fits: (task: Task) => boolean): Promise<Task>;
  /** Resolves once GitHub shows it: checked after each request that GitHub answers. */
  shown(fits: () => boolean): Promise<void>;
}

export type SceneOptions = Partial<Omit<StageOptions, 'script'>> & { readonly script?: ModelScript };

/** Call at the top of a test file; scenes it opens are closed, and their invariants checked, after each test. */
export function withScenes(): (options?: SceneOptions) => Promise<Scene> {
  const lent = withDatabase();
  const open: Scene[] = [];

  afterEach(async () => {
    for (const scene of open.splice(0)) {
      const broken = findBroken(await snapshotOfDatabase(lent.database));
      await scene.close();
      await emptyTables(lent.database);
      if (broken.length > 0) {
        throw new Error(`invariants are broken:\n${broken.join('\n')}`);
      }
    }
  });

  return async function openScene(options = {}) {
    const stage = await openStage({
      script: demoScript,
      compute: 'process',
      log: createLogger({ level: 'error', redact: (text) => text, destination: process.stderr }),
      prepare: async (github) => {
        await stageStory(github);
      },
      ...options,
      settings: { DATABASE_URL: urlOf(lent.connection), ...options.settings },
    });
    const scene = describeScene(stage, { repository: story.repository, number: 1 });
    open.push(scene);
    return scene;
  };
}

function describeScene(stage: Stage, thread: Scene['thread']): Scene {
  const { github } = stage;
  const { database, stores } = stage.bosun.storage;
  return {
    ...stage,
    thread,
    async say(body, options = {}) {
      const comment = github.comment(thread, { as: options.as ?? story.maintainer, body });
      await github.settled();
      return comment;
    },
    answers: () => github.comments(thread).filter((comment) => comment.user.login === github.app.botLogin),
    async task(fits) {
      return new Promise<Task>((resolve, reject) => {
        let listening: Promise<{ stop(): Promise<void> }> | null = null;
        async function look(): Promise<void> {
          const [task] = await stores.tasks.list({ limit: 1 });
          if (task !== undefined && fits(task)) {
            resolve(task);
            await (await listening)?.stop();
          }
        }
        listening = database.listen('bosun_wake', () => void look().catch(reject));
        listening.then(look).catch(reject);
      });
    },
    async shown(fits) {
      await github.waitForRequest(fits);
    },
  };
}

/** Every table but the record of migrations. */
async function emptyTables(database: Database): Promise<void> {
  const tables = await database.query<{ name: string }>({
    text: `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename <> 'bosun_migration'`,
  });
  await database.execute(`truncate ${tables.map((table) => table.name).join(', ')} restart identity cascade`);
  // The one row that a migration puts there.
  await database.execute(`insert into slot (scope) values ('server')`);
}

function urlOf(connection: PostgresConnection): string {
  if ('url' in connection) {
    return connection.url;
  }
  const query = new URLSearchParams({
    host: connection.socketDirectory,
    port: String(connection.port),
    user: connection.user,
  });
  return `postgresql://localhost/${connection.database}?${query.toString()}`;
}
