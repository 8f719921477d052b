/**
 * One process that writes to a local GitHub over shared turns: `node writing-process.ts <settings as JSON>`. Takes one
 * order a line, runs it beside the others, and prints what became of it.
 */
import { createInterface } from 'node:readline';
import { createFallBack } from '../../app/github/limits/fall-back.ts';
import { createGitHubApp } from '../../app/github/create-github-app.ts';
import type { WritePriority } from '../../app/github/github.ts';
import { createMemoryWriteLocks } from '../../app/store/memory/memory-write-locks.ts';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import { createWriteLockStore } from '../../app/store/postgres/processes/write-lock-store.ts';
import type { RepositoryRef } from '../../app/task/task.ts';

export interface WritingSettings {
  readonly connection: PostgresConnection;
  readonly app: { readonly id: number; readonly privateKey: string };
  readonly apiUrl: string;
  readonly installationId: number;
  readonly repository: RepositoryRef;
}

export type WritingOrder =
  | { readonly id: string; readonly kind: 'comment'; readonly priority: WritePriority }
  | { readonly id: string; readonly kind: 'read' };

export interface WritingResult {
  readonly id: string;
  readonly problem: string | null;
  readonly retryAt: string | null;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as WritingSettings;
const database = await createPostgresDatabase({ connection: settings.connection, maxConnections: 2 });
const github = createGitHubApp({
  appId: settings.app.id,
  privateKey: settings.app.privateKey,
  apiUrl: settings.apiUrl,
  userAgent: 'bosun-test',
  clock: { now: () => new Date() },
  writeLocks: createFallBack({
    shared: createWriteLockStore(database),
    own: createMemoryWriteLocks(),
    onTrouble: (error) => process.stderr.write(`${String(error)}\n`),
  }),
}).installation(settings.installationId);

async function run(order: WritingOrder): Promise<void> {
  const { repository } = settings;
  const result =
    order.kind === 'read'
      ? await github.fetchThread(repository, 1)
      : await github.createComment(repository, { number: 1, body: order.id, priority: order.priority });
  const problem = result.ok ? null : result.problem;
  const told: WritingResult = {
    id: order.id,
    problem: problem?.kind ?? null,
    retryAt: problem?.retryAt?.toISOString() ?? null,
  };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

createInterface({ input: process.stdin }).on('line', (line) => void run(JSON.parse(line) as WritingOrder));
