import { parseServerConfig, readEnv, type ServerConfig } from '../../config/server-config.ts';
import { renderConfigProblem } from '../../config/setting.ts';
import type { Artifacts } from '../../store/artifacts.ts';
import { createPostgresStores } from '../../store/postgres/create-postgres-stores.ts';
import { createCountedNotifier } from '../../store/postgres/create-notifier.ts';
import { inspectSchema, migrate } from '../../store/postgres/migrate.ts';
import type { Stores } from '../../store/stores.ts';
import { createArtifacts } from '../../main/storage/open-artifacts.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { openDatabase, type OpenedDatabase } from './open-database.ts';

/** What a command that looks at tasks has besides the stores. */
export interface Inspection {
  readonly artifacts: Artifacts;
  readonly server: ServerConfig;
}

const DOCTOR = 'Run `bosun doctor` to see what is wrong.';

/**
 * Opens what `bosun start` keeps, for a look beside it, and closes it again. The schema is brought up to date only where
 * we had to start the database ourselves: on a running one that is the business of who runs it. What goes wrong is said
 * in a sentence, with exit code 1, or 2 where a setting is wrong.
 */
export async function withStores(
  output: Output,
  work: (stores: Stores, inspection: Inspection) => Promise<number>,
): Promise<number> {
  const parsed = parseServerConfig(readEnv());
  if (!parsed.ok) {
    for (const problem of parsed.problems) {
      output.problem(renderConfigProblem(problem), '');
    }
    return EXIT.usage;
  }
  const { storage } = parsed.config;
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  try {
    opened = await openDatabase(storage, { whenAbsent: 'tell', onProgress: output.progress });
  } catch (error) {
    output.problem(messageOf(error), DOCTOR);
    return EXIT.failed;
  }
  if (opened.kind === 'absent') {
    output.problem(
      `there is no database in ${storage.dataDir} yet`,
      'Start one with `bosun start`, or set BOSUN_DATA_DIR or DATABASE_URL to where it is.',
    );
    return EXIT.failed;
  }
  try {
    const problem = await prepareSchema(opened);
    if (problem !== null) {
      output.problem(problem.what, problem.remedy);
      return EXIT.failed;
    }
    const notifier = createCountedNotifier(opened.database);
    const code = await work(createPostgresStores({ database: opened.database, wake: notifier.wake }), {
      artifacts: await createArtifacts(storage),
      server: parsed.config,
    });
    await notifier.settled();
    return code;
  } catch (error) {
    output.problem(messageOf(error), DOCTOR);
    return EXIT.failed;
  } finally {
    await opened.close();
  }
}

async function prepareSchema({ database, kind }: OpenedDatabase): Promise<{ what: string; remedy: string } | null> {
  if (kind === 'started') {
    await migrate(database);
    return null;
  }
  const schema = await inspectSchema(database);
  if (!schema.readable) {
    return {
      what: `the database was upgraded by a newer Bosun (migration ${schema.newer ?? ''})`,
      remedy: 'Use the command line of the version that runs.',
    };
  }
  return schema.pending.length === 0
    ? null
    : {
        what: `the database lacks ${schema.pending.join(', ')} of this version`,
        remedy: '`bosun start` of this version migrates it; until then use the command line of the version that runs.',
      };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
