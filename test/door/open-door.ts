import { onTestFinished } from 'vitest';
import { createDoor } from '../../app/door/create-door.ts';
import type { Door } from '../../app/door/create-door.ts';
import type { DoorLimits } from '../../app/door/door-limits.ts';
import type { ModelProblem } from '../../app/door/door-options.ts';
import type { GitPort } from '../../app/door/git/git-port.ts';
import { anthropicMessages } from '../../app/door/model/anthropic/anthropic-messages.ts';
import type { ModelEndpoint, ModelProvider } from '../../app/door/model/dialect.ts';
import { openaiResponses } from '../../app/door/model/openai/openai-responses.ts';
import type { PackagesPort } from '../../app/door/packages/handle-packages.ts';
import type { RemoteSessionsPort } from '../../app/door/remote/remote-sessions-port.ts';
import type { TaskSettings } from '../../app/task/task.ts';
import { PRICES } from '../../app/budget/prices.ts';
import type { PriceTable } from '../../app/budget/prices.ts';
import { DOOR_PATHS } from '../../protocol/index.ts';
import { startScriptedUpstream } from './scripted-upstream.ts';
import type { ScriptedUpstream } from './scripted-upstream.ts';
import { openAttempt, TOKEN } from './attempt-world.ts';
import type { AttemptWorld } from './attempt-world.ts';

export interface OpenDoor {
  readonly door: Door;
  readonly url: string;
  readonly upstream: ScriptedUpstream;
  readonly world: AttemptWorld;
  readonly problems: (ModelProblem | null)[];
  readonly logged: string[];
  readonly artifacts: Map<string, string>;
  post(
    path: string,
    body: unknown,
    init?: { headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<Response>;
  /** A messages request with a small valid body. */
  ask(fields?: object, init?: { headers?: Record<string, string>; signal?: AbortSignal }): Promise<Response>;
  events(body: unknown): Promise<Response>;
}

/** A model of a second provider, which speaks another format. */
export const OPENAI_MODEL = 'gpt-scripted';
const OPENAI_PRICES: PriceTable = new Map([
  [
    OPENAI_MODEL,
    { input: 1_000, output: 10_000, cacheWrite5m: 1_000, cacheWrite1h: 1_000, cacheRead: 100, contextTokens: 400_000 },
  ],
]);

export const USD = 1_000_000_000;
/** Impatient, so that tests of patience are quick. */
export const QUICK: Partial<DoorLimits> = { firstPauseMs: 2, longestPauseMs: 5, patienceMs: 500 };

export async function openDoor(
  setup: {
    budgetNano?: number;
    limits?: Partial<DoorLimits>;
    prices?: PriceTable;
    git?: GitPort;
    authStyle?: 'bearer' | 'x-api-key';
    upstreamUrl?: string;
    packages?: PackagesPort;
    endpoint?: ModelEndpoint;
    extraModels?: readonly string[];
    settings?: Partial<TaskSettings>;
    providers?: readonly ModelProvider[];
    remoteSessions?: RemoteSessionsPort;
  } = {},
): Promise<OpenDoor> {
  const upstream = await startScriptedUpstream();
  const world = await openAttempt(setup.budgetNano ?? 5 * USD, setup.settings);
  const problems: (ModelProblem | null)[] = [];
  const logged: string[] = [];
  const artifacts = new Map<string, string>();
  function note(message: string, fields: object = {}): void {
    logged.push(`${JSON.stringify(fields)} ${message}`);
  }
  const door = createDoor({
    stores: { attempts: world.attempts, checks: world.checks },
    artifacts: {
      append: async (key, bytes) => {
        artifacts.set(key, (artifacts.get(key) ?? '') + Buffer.from(bytes).toString('utf8'));
      },
      put: async (key, bytes) => {
        artifacts.set(key, Buffer.from(bytes).toString('latin1'));
      },
      get: async (key) => {
        const kept = artifacts.get(key);
        return kept === undefined ? null : Buffer.from(kept, 'latin1');
      },
    },
    git: setup.git ?? { handle: async () => ({ status: 200, headers: {}, body: Buffer.from('git') }) },
    provider: {
      dialect: anthropicMessages,
      baseUrl: setup.upstreamUrl ?? upstream.baseUrl,
      apiKey: 'sk-the-real-key',
      authStyle: setup.authStyle ?? 'x-api-key',
      prices: setup.prices ?? PRICES,
      ...(setup.endpoint === undefined ? {} : { endpoint: setup.endpoint, apiKey: '' }),
    },
    moreProviders: [
      ...(setup.providers ?? []),
      {
        dialect: openaiResponses,
        baseUrl: setup.upstreamUrl ?? upstream.baseUrl,
        apiKey: 'sk-the-real-key',
        authStyle: 'bearer',
        prices: OPENAI_PRICES,
      },
    ],
    ...(setup.packages === undefined ? {} : { packages: setup.packages }),
    ...(setup.remoteSessions === undefined ? {} : { remoteSessions: setup.remoteSessions }),
    clock: { now: () => new Date() },
    log: { info: note, warn: note, error: note },
    limits: { ...QUICK, ...setup.limits },
    extraModels: ['claude-haiku-4-5', 'without-a-price', OPENAI_MODEL, ...(setup.extraModels ?? [])],
    redact: (text) => text.replaceAll('hunter2', '[redacted]'),
    onModelProblem: (problem) => void problems.push(problem),
  });
  const listening = await door.listen({ host: '127.0.0.1', port: 0 });
  const url = 'url' in listening ? listening.url : '';
  onTestFinished(async () => {
    await Promise.all([door.close(), upstream.close()]);
  });

  function post(
    path: string,
    body: unknown,
    init: { headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<Response> {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...init.headers };
    return fetch(`${url}${path}`, {
      method: 'POST',
      headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== '')),
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(init.signal === undefined ? {} : { signal: init.signal }),
    });
  }
  return {
    door,
    url,
    upstream,
    world,
    problems,
    logged,
    artifacts,
    post,
    ask: (fields = {}, init = {}) => post(`${DOOR_PATHS.model}/v1/messages`, { ...askBody(), ...fields }, init),
    events: (body) => post(DOOR_PATHS.events, body),
  };
}

export function askBody(): { model: string; max_tokens: number; messages: object[] } {
  return { model: 'claude-sonnet-5', max_tokens: 1_000, messages: [{ role: 'user', content: 'Say hello.' }] };
}

/** Status and code of a refusal. */
export async function refusalOf(response: Response): Promise<string> {
  const body = (await response.json()) as { type: string; error: { type: string } };
  return `${response.status} ${body.type} ${body.error.type}`;
}
