import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createScriptedModel } from '../../../demo/model/create-scripted-model.ts';
import type { ScriptedModel } from '../../../demo/model/create-scripted-model.ts';
import type { ModelScript } from '../../../demo/model/model-script.ts';
import type { Job } from '../../../protocol/index.ts';
import type { Agent, AgentEnding, AgentTurn } from '../../../worker/agent/agent.ts';
import { TOKEN } from '../../door/attempt-world.ts';
import { openDoor } from '../../door/open-door.ts';
import type { OpenDoor } from '../../door/open-door.ts';

/** One agent in a directory of its own, the real door with its stores, and a model that follows a script behind it. */
export interface DoorBench {
  readonly door: OpenDoor;
  readonly model: ScriptedModel;
  readonly directory: string;
  readonly turns: AgentTurn[];
  readonly stop: AbortController;
  readonly wrapUp: AbortController;
  /** What the agent kept of its conversation, last. */
  readonly kept: () => Buffer | null;
  readonly log: () => string;
  readonly run: (job?: Partial<Job>) => Promise<AgentEnding>;
  /** A file the agent left in its directory. */
  readonly read: (name: string) => Promise<string>;
}

export interface DoorBenchSetup {
  readonly agent: Agent;
  readonly job: Partial<Job>;
  readonly script: ModelScript;
  readonly budgetNano?: number;
  /** Directories with programs, before those of the system. */
  readonly path?: readonly string[];
  /** What an earlier attempt kept. */
  readonly earlier?: Buffer | null;
}

export async function openDoorBench(setup: DoorBenchSetup): Promise<DoorBench> {
  const model = await createScriptedModel({ script: setup.script, key: 'sk-the-real-key' });
  const door = await openDoor({
    upstreamUrl: model.url,
    ...(setup.budgetNano === undefined ? {} : { budgetNano: setup.budgetNano }),
  });
  const home = await mkdtemp(path.join(tmpdir(), 'bosun-agent-'));
  const stop = new AbortController();
  const wrapUp = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await model.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  });
  const directory = path.join(home, 'repository');
  const scratch = path.join(home, 'scratch');
  await Promise.all([directory, scratch, path.join(home, 'home')].map((place) => mkdir(place)));
  const turns: AgentTurn[] = [];
  let log = '';
  let kept: Buffer | null = null;
  const job: Job = {
    version: 1,
    taskId: '01JDQ3W1Q0TASK0000000000AA',
    epoch: 1,
    door: { url: door.url, token: TOKEN },
    git: { startBranch: 'main', startSha: 'a'.repeat(40), workBranch: 'w', authorName: 'B', authorEmail: 'b@c' },
    workDir: home,
    agent: { kind: 'builtin' },
    model: 'claude-sonnet-5',
    maxTurns: 20,
    prompt: { system: 'You repair programs.', user: 'The sum is wrong.' },
    timeoutMs: 120_000,
    heartbeatMs: 1_000,
    ...setup.job,
  };
  return {
    door,
    model,
    directory,
    turns,
    stop,
    wrapUp,
    kept: () => kept,
    log: () => log,
    read: (name) => readFile(path.join(directory, name), 'utf8'),
    run: (changes = {}) =>
      setup.agent.run({
        job: { ...job, ...changes },
        repository: directory,
        directory,
        doorUrl: door.url,
        scratch,
        env: {
          PATH: [...(setup.path ?? []), path.dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
          HOME: path.join(home, 'home'),
          TMPDIR: tmpdir(),
          LANG: 'C.UTF-8',
        },
        signal: stop.signal,
        wrapUp: wrapUp.signal,
        conversations: {
          read: async () => setup.earlier ?? null,
          keep: (bytes) => {
            kept = bytes;
          },
        },
        onTurn: (turn) => turns.push(turn),
        betweenTurns: async () => undefined,
        log: (text) => {
          log += text;
        },
      }),
  };
}
