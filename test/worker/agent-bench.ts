import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Job } from '../../protocol/index.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';
import type { Agent, AgentEnding, AgentTurn } from '../../worker/agent/agent.ts';
import { forward } from '../../worker/forward.ts';
import { startDoor } from './start-door.ts';
import type { TestDoor } from './start-door.ts';

const TOKEN = 'a-token-of-at-least-thirty-two-characters';

/** A directory, a door and a model for one agent, without a worker around it. */
export interface AgentBench {
  readonly door: TestDoor;
  readonly directory: string;
  readonly turns: AgentTurn[];
  readonly stop: AbortController;
  readonly wrapUp: AbortController;
  readonly token: string;
  readonly log: () => string;
  readonly run: (job?: Partial<Job>) => Promise<AgentEnding>;
  /** A file the agent left in its directory. */
  readonly read: (name: string) => Promise<string>;
}

export async function openBench(agent: Agent, script: ModelScript): Promise<AgentBench> {
  const home = await mkdtemp(path.join(tmpdir(), 'bosun-agent-'));
  const door = await startDoor({ home, bare: path.join(home, 'none.git'), token: TOKEN, script });
  const forwarder = await forward('http://127.0.0.1:0', door.socketPath);
  const stop = new AbortController();
  const wrapUp = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    forwarder.close();
    await door.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  });
  const directory = path.join(home, 'repository');
  const scratch = path.join(home, 'scratch');
  await mkdir(directory);
  await mkdir(scratch);
  await writeFile(path.join(directory, 'old.txt'), 'old\n');
  const turns: AgentTurn[] = [];
  let log = '';
  const job: Job = {
    version: 1,
    taskId: '01JDQ3W1Q0TASK0000000000AA',
    epoch: 1,
    door: { url: forwarder.url, token: TOKEN },
    git: { startBranch: 'main', startSha: 'a'.repeat(40), workBranch: 'w', authorName: 'B', authorEmail: 'b@c' },
    workDir: home,
    agent: { kind: 'builtin' },
    model: 'scripted',
    maxTurns: 20,
    prompt: { system: 'You mend programs.', user: 'The sum is wrong.' },
    timeoutMs: 60_000,
    heartbeatMs: 1_000,
  };
  return {
    door,
    directory,
    turns,
    stop,
    wrapUp,
    token: TOKEN,
    log: () => log,
    read: (name) => readFile(path.join(directory, name), 'utf8'),
    run: (changes = {}) =>
      agent.run({
        job: { ...job, ...changes },
        repository: directory,
        directory,
        doorUrl: forwarder.url,
        scratch,
        env: { PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: home },
        signal: stop.signal,
        conversations: { read: async () => null, keep: () => undefined },
        wrapUp: wrapUp.signal,
        onTurn: (turn) => turns.push(turn),
        betweenTurns: async () => undefined,
        log: (text) => {
          log += text;
        },
      }),
  };
}
