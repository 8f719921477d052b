import { missingForStart } from './config/app-settings.ts';
import type { ServerConfig } from './config/server-config.ts';
import type { Storage } from './main/open-storage.ts';
import { openServer, type BosunOptions, type Closer } from './main/server-context.ts';
import { startDoorRole, startOrchestratorRole, startWebRole } from './main/start-roles.ts';
import { WEBHOOK_PATH } from './main/start-web.ts';
import type { Metrics } from './telemetry/metrics.ts';

export { WEBHOOK_PATH };
export type { BosunOptions };

export interface Bosun {
  /** Where its probes and metrics are, and with the web role webhooks and the dashboard. */
  readonly url: string;
  readonly storage: Storage;
  readonly metrics: Metrics;
  /** Winds down in order: nothing new comes in, workers push what they have, then doors and database close. */
  stop(): Promise<void>;
}

/** Starts the roles that are asked for. The only place where modules meet their adapters; throws a sentence when it cannot. */
export async function startBosun(config: ServerConfig, options: BosunOptions): Promise<Bosun> {
  const { app, roles } = config;
  const missing = missingForStart(config);
  if (app === null || missing.length > 0) {
    throw new Error(
      `These settings are missing: ${missing.map((problem) => problem.name).join(', ')}. Run \`bosun doctor\` to see each with an example.`,
    );
  }
  const closers: Closer[] = [];
  try {
    const { server, markStarted } = await openServer({ ...config, app }, options, closers);
    const door = roles.includes('door') ? await startDoorRole(server) : null;
    if (roles.includes('web')) {
      await startWebRole(server);
    }
    if (roles.includes('orchestrator')) {
      await startOrchestratorRole(server, door);
    }
    markStarted();
    return {
      url: server.listener.url,
      storage: server.storage,
      metrics: server.metrics,
      async stop() {
        server.notices.set('stop', { kind: 'stops', sentence: 'it winds down' });
        await closeAll(closers);
      },
    };
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

/** Last opened, first closed; one that fails to close does not keep the others open. */
async function closeAll(closers: (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers.toReversed()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) {
    throw new AggregateError(errors, 'Not everything could be closed');
  }
}
