import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WEBHOOK_PATH } from '../../app/main.ts';
import type { Database } from '../../app/store/database.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import type { Stores } from '../../app/store/stores.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { Comment } from '../../demo/github/state/world.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import { createScriptedModel, type ScriptedModel } from '../../demo/model/create-scripted-model.ts';
import { isFault, type ModelUsage } from '../../demo/model/model-script.ts';
import type { Journey } from './journeys.ts';
import { urlOf } from '../support/url-of.ts';

const [OWNER, NAME] = ['harbor', 'tool'];
const MAINTAINER = 'mira';
export const REPOSITORY = `${OWNER}/${NAME}`;
export const THREAD = { repository: REPOSITORY, number: 1 };

/** What outlives every Bosun: a database, a GitHub, a model, and an address that deliveries go to. */
export interface Place {
  readonly journey: Journey;
  readonly github: LocalGitHub;
  readonly model: ScriptedModel;
  readonly database: Database;
  readonly stores: Stores;
  /** Settings of a Bosun of this place whose own files lie in `machine`. */
  settings(machine: string): Record<string, string>;
  /** What the provider has to be paid for. */
  readonly billed: readonly Partial<ModelUsage>[];
  /** What people have said so far. */
  readonly said: readonly Comment[];
  say(body: string): void;
  /** Directory of everything machines keep. */
  readonly directory: string;
  close(): Promise<void>;
}

const CHEAP = { input: 800, output: 200 };
/** RSA keys take long to make and none of the places minds sharing one. */
let privateKey: string | undefined;

/** `workers`: settings that decide where workers run, in place of plain processes. */
export async function openMachine(
  connection: PostgresConnection,
  journey: Journey,
  workers: Readonly<Record<string, string>> = {},
): Promise<Place> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-crash-'));
  const secret = randomBytes(24).toString('hex');
  const github = await createLocalGitHub(privateKey === undefined ? {} : { app: { privateKey } });
  ({ privateKey } = github.app);
  const billed: Partial<ModelUsage>[] = [];
  const said: Comment[] = [];
  const model = await createScriptedModel({
    script: (request, { turn }) => {
      const reply = journey.model({ turn, said: said.length });
      if (isFault(reply)) {
        return reply;
      }
      const wanted = { ...CHEAP, ...reply.usage };
      const usage = { ...wanted, output: Math.min(wanted.output, request.max_tokens) };
      billed.push(usage);
      return { ...reply, usage };
    },
  });
  const database = await createPostgresDatabase({ connection, maxConnections: 2, applicationName: 'bosun test' });
  github.createUser({ login: OWNER, type: 'Organization' });
  github.createUser({ login: MAINTAINER });
  await github.createRepository({ owner: OWNER, name: NAME, files: { 'README.md': '# Tool\n', ...journey.files } });
  github.setPermission(REPOSITORY, MAINTAINER, 'maintain');
  github.openIssue(REPOSITORY, { as: MAINTAINER, title: 'Write it down' });
  // The same address for whoever comes next, as behind a load balancer.
  const port = await findPort();
  github.setWebhook({ url: `http://127.0.0.1:${port}${WEBHOOK_PATH}`, secret });
  return {
    journey,
    billed,
    said,
    say(body) {
      said.push(github.comment(THREAD, { as: MAINTAINER, body }));
    },
    github,
    model,
    database,
    stores: createPostgresStores({ database }),
    directory,
    settings: (machine) => ({
      APP_ID: String(github.app.id),
      PRIVATE_KEY: github.app.privateKey,
      WEBHOOK_SECRET: secret,
      GITHUB_API_URL: github.apiUrl,
      GITHUB_SERVER_URL: github.url,
      PORT: String(port),
      BOSUN_DATA_DIR: path.join(directory, machine),
      BOSUN_ARTIFACTS: path.join(directory, 'artifacts'),
      DATABASE_URL: urlOf(connection),
      ANTHROPIC_API_KEY: model.key,
      ANTHROPIC_BASE_URL: model.url,
      BOSUN_COMPUTE: 'process',
      LOG_LEVEL: 'silent',
      ...workers,
    }),
    async close() {
      await model.close();
      await github.close();
      await database.close();
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

/** Below the range from which the system itself gives ports out, so that it stays free while nobody listens. */
export async function findPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + (randomBytes(2).readUInt16BE() % 10_000);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) {
      return port;
    }
  }
}
