import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WEBHOOK_PATH } from '../../app/main.ts';
import type { Database } from '../../app/store/database.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import type { Stores } from '../../app/store/stores.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import { createScriptedModel } from '../../demo/model/create-scripted-model.ts';
import { findPort } from '../crash/open-machine.ts';
import { urlOf } from '../support/url-of.ts';

/** Many repositories with an issue for each task, and what every process of Bosun shares. */
export interface Installation {
  readonly github: LocalGitHub;
  readonly database: Database;
  readonly stores: Stores;
  readonly threads: readonly Thread[];
  /** Everything that machines keep. */
  readonly directory: string;
  /** Where deliveries go, whoever answers there. */
  readonly port: number;
  readonly secret: string;
  comment(thread: Thread, body: string): void;
  /** Settings of a process; those of one machine share a directory. */
  settings(of: { machine: string; roles: string; port: number }): Record<string, string>;
  close(): Promise<void>;
}

interface Thread {
  readonly repository: string;
  readonly number: number;
}

/** Few enough for the limits that GitHub sets each installation, which Bosun keeps. */
const TASKS_AN_OWNER = 10;
const TASKS_A_REPOSITORY = 5;

/** The smallest agent that does something: it asks the model once and writes a file. */
const AGENT = `node ask.mjs && echo done > DONE.md`;
const ASK = `const answer = await fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', {
  method: 'POST',
  headers: { 'x-api-key': process.env.ANTHROPIC_API_KEY, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
  body: JSON.stringify({ model: process.env.BOSUN_MODEL, max_tokens: 1000, messages: [{ role: 'user', content: 'hello' }] }),
});
process.exit(answer.ok ? 0 : 5);
`;
const FILES = {
  'README.md': '# Tool\n',
  'ask.mjs': ASK,
  'agent.sh': `${AGENT}\n`,
  '.github/bosun.yml': 'agent:\n  command: sh ./agent.sh\n',
};

export async function openInstallation(
  connection: PostgresConnection,
  options: { tasks: number; workers?: Readonly<Record<string, string>> },
): Promise<Installation> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-soak-'));
  const secret = randomBytes(24).toString('hex');
  const github = await createLocalGitHub();
  const model = await createScriptedModel({ script: () => ({ text: 'Hello.', usage: { input: 800, output: 200 } }) });
  const database = await createPostgresDatabase({ connection, maxConnections: 4, applicationName: 'bosun test' });
  const threads: Thread[] = [];
  for (let count = 0; count < options.tasks; count += 1) {
    const owner = `house-${Math.floor(count / TASKS_AN_OWNER)}`;
    const name = `tool-${Math.floor((count % TASKS_AN_OWNER) / TASKS_A_REPOSITORY)}`;
    const repository = `${owner}/${name}`;
    if (count % TASKS_AN_OWNER === 0) {
      github.createUser({ login: owner, type: 'Organization' });
      github.createUser({ login: personOf(repository) });
    }
    if (count % TASKS_A_REPOSITORY === 0) {
      await github.createRepository({ owner, name, files: FILES });
      github.setPermission(repository, personOf(repository), 'maintain');
    }
    const { number } = github.openIssue(repository, { as: personOf(repository), title: `Write it down, ${count}` });
    threads.push({ repository, number });
  }
  const port = await findPort();
  github.setWebhook({ url: `http://127.0.0.1:${port}${WEBHOOK_PATH}`, secret });
  return {
    github,
    database,
    stores: createPostgresStores({ database }),
    threads,
    directory,
    port,
    secret,
    comment: (thread, body) => void github.comment(thread, { as: personOf(thread.repository), body }),
    settings: ({ machine, roles, port: listening }) => ({
      APP_ID: String(github.app.id),
      PRIVATE_KEY: github.app.privateKey,
      WEBHOOK_SECRET: secret,
      GITHUB_API_URL: github.apiUrl,
      GITHUB_SERVER_URL: github.url,
      PORT: String(listening),
      BOSUN_ROLES: roles,
      BOSUN_DATA_DIR: path.join(directory, machine),
      BOSUN_ARTIFACTS: path.join(directory, 'artifacts'),
      DATABASE_URL: urlOf(connection),
      ANTHROPIC_API_KEY: model.key,
      ANTHROPIC_BASE_URL: model.url,
      BOSUN_COMPUTE: 'process',
      BOSUN_CONCURRENCY: '8',
      BOSUN_BUDGET_SERVER_DAY: 'none',
      LOG_LEVEL: 'silent',
      ...options.workers,
    }),
    async close() {
      await model.close();
      await github.close();
      await database.close();
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}

function personOf(repository: string): string {
  return `keeper-of-${repository.split('/')[0]}`;
}
