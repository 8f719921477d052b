import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseServerConfig } from '../../app/config/server-config.ts';
import { startBosun, WEBHOOK_PATH, type Bosun } from '../../app/main.ts';
import { createLogger } from '../../app/telemetry/log.ts';

export interface TaskFacts {
  readonly id: string;
  readonly state: string;
  /** When the worker's last push reached the quarantine, in milliseconds since 1970; null without a push. */
  readonly lastPushAt: number | null;
  /** When each kind of event was last written down. */
  readonly events: Readonly<Record<string, number>>;
}

let bosun: Bosun | null = null;
const pushes = new Map<string, number>();

function running(): Bosun {
  if (bosun === null) {
    throw new Error('Bosun was not started.');
  }
  return bosun;
}

/** The whole App with its own PostgreSQL, as `bosun start` runs it, in a process that holds nothing else. */
export const runBosun = {
  async start(settings: Record<string, string>): Promise<{ webhookUrl: string }> {
    const parsed = parseServerConfig(settings);
    if (!parsed.ok) {
      throw new Error(parsed.problems.map((problem) => `${problem.name}: ${problem.found}`).join('; '));
    }
    const directory = path.join(parsed.config.storage.dataDir, 'attempts');
    bosun = await startBosun(parsed.config, {
      version: 'bench',
      log: createLogger({ level: 'warn', redact: (text) => text, destination: process.stderr }),
      onStep: (step, taskId) => {
        if (step === 'pull_opened') {
          pushes.set(taskId, findLastPush(path.join(directory, taskId)));
        }
      },
    });
    return { webhookUrl: `${bosun.url}${WEBHOOK_PATH}` };
  },

  /** The task of an issue, once it has ended. */
  async taskOf(issue: number): Promise<TaskFacts | null> {
    const { tasks } = running().storage.stores;
    const task = (await tasks.list({ limit: 50 })).find(({ thread }) => thread.number === issue);
    if (task === undefined || task.finishedAt === null) {
      return null;
    }
    const events = await tasks.events(task.id);
    return {
      id: task.id,
      state: task.state,
      lastPushAt: pushes.get(task.id) ?? null,
      events: Object.fromEntries(events.map((event) => [event.kind, event.at.getTime()])),
    };
  },

  residentBytes: async (): Promise<number> => process.memoryUsage.rss(),

  async stop(): Promise<void> {
    await bosun?.stop();
  },
};

/** A push moves the work branch, which is a small file in the repository of the attempt. */
function findLastPush(directory: string): number {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const refs = files.filter((file) => /\.git\/refs\/heads\/bosun\/[^/]+$/.test(file));
  return Math.max(...refs.map((file) => statSync(path.join(directory, file)).mtimeMs));
}
