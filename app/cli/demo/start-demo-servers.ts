import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLocalGitHub } from '../../../demo/github/create-local-github.ts';
import type { LocalGitHub, LocalGitHubOptions } from '../../../demo/github/local-github.ts';
import { createScriptedModel, type ScriptedModel } from '../../../demo/model/create-scripted-model.ts';
import type { ModelScript } from '../../../demo/model/model-script.ts';
import { parseServerConfig, type ServerConfig } from '../../config/server-config.ts';
import { startBosun, WEBHOOK_PATH, type Bosun, type BosunOptions } from '../../main.ts';
import { createLogger, type Logger } from '../../telemetry/log.ts';
import { readVersion } from '../version.ts';

/** A GitHub, a model and a Bosun on this machine, wired to each other. */
export interface DemoServers {
  readonly github: LocalGitHub;
  readonly model: ScriptedModel;
  readonly bosun: Bosun;
  readonly dataDir: string;
  /** Secret of the webhook, for who sends deliveries of its own. */
  readonly webhook: { readonly url: string; readonly secret: string };
  close(): Promise<void>;
}

export interface DemoServersOptions {
  readonly script: ModelScript;
  readonly compute: ServerConfig['compute'];
  /** More settings, or others; as `bosun start` would read them from the environment. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly github?: LocalGitHubOptions;
  /** Kept when given; else a directory of its own that `close` removes. */
  readonly dataDir?: string;
  readonly log?: Logger;
  readonly onProgress?: (sentence: string) => void;
  readonly onStep?: BosunOptions['onStep'];
  readonly onRouted?: BosunOptions['onRouted'];
  readonly workerEntry?: string;
  readonly recoveryTimes?: BosunOptions['recoveryTimes'];
  /** Puts people and repositories on the GitHub before Bosun starts and before it hears of anything. */
  readonly prepare?: (github: LocalGitHub) => Promise<void>;
}

/** Opens everything on loopback with free ports. What is not given is made up; nothing is taken from the environment. */
export async function startDemoServers(options: DemoServersOptions): Promise<DemoServers> {
  const secret = randomBytes(24).toString('hex');
  const dataDir = options.dataDir ?? path.join(tmpdir(), `bosun-demo-${randomBytes(6).toString('hex')}`);
  const github = await createLocalGitHub(options.github);
  const model = await createScriptedModel({ script: options.script });
  const closers: (() => Promise<void>)[] = [
    async () => {
      if (options.dataDir === undefined) {
        await rm(dataDir, { recursive: true, force: true });
      }
    },
    () => github.close(),
    () => model.close(),
  ];
  async function close(): Promise<void> {
    for (const closer of closers.splice(0).toReversed()) {
      await closer();
    }
  }
  try {
    const parsed = parseServerConfig({
      APP_ID: String(github.app.id),
      PRIVATE_KEY: github.app.privateKey,
      WEBHOOK_SECRET: secret,
      GITHUB_API_URL: github.apiUrl,
      GITHUB_SERVER_URL: github.url,
      PORT: '0',
      BOSUN_DATA_DIR: dataDir,
      ANTHROPIC_API_KEY: model.key,
      ANTHROPIC_BASE_URL: model.url,
      BOSUN_COMPUTE: options.compute,
      ...options.settings,
    });
    if (!parsed.ok) {
      throw new Error(parsed.problems.map((problem) => `${problem.name}: expected ${problem.expected}`).join('; '));
    }
    await options.prepare?.(github);
    const bosun = await startBosun(parsed.config, {
      version: readVersion(),
      log: options.log ?? createLogger({ level: 'warn', redact: (text) => text, destination: process.stderr }),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
      ...(options.onRouted === undefined ? {} : { onRouted: options.onRouted }),
      ...(options.recoveryTimes === undefined ? {} : { recoveryTimes: options.recoveryTimes }),
      ...(options.workerEntry === undefined ? {} : { workerEntry: options.workerEntry }),
    });
    closers.push(() => bosun.stop());
    const webhook = { url: `${bosun.url}${WEBHOOK_PATH}`, secret };
    github.setWebhook(webhook);
    return { github, model, bosun, dataDir, webhook, close };
  } catch (error) {
    await close();
    throw error;
  }
}
