import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { checkSandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import { containerSettings, findTestEngine } from '../compute/test-engine.ts';
import { openPlace } from './repositories.ts';
import { withScenario } from './open-scenario.ts';

const check = await checkSandbox();
const mustRun = process.env.TEST_NO_SKIPS === '1' || process.env.BOSUN_NO_SKIPS === '1';
const engine = await findTestEngine();
const COMPUTES = [
  { compute: 'sandbox', settings: {}, why: check.ok ? '' : `(skipped: ${check.reason}. ${check.remedy})` },
  {
    compute: 'docker',
    settings: containerSettings(engine.socketPath ?? ''),
    why: engine.why === '' ? '' : `(${engine.why})`,
  },
] as const;

/** What each request of the agent must be answered with. It has no token of the door, only a key of the worker's relay. */
const DOOR = {
  // The relay takes its key in either header and passes neither on
  200: 'good,two tokens,answers by the forwarder,answers by the socket',
  400: 'other model,web search,web fetch,code execution,mcp,image by address,document by address,address in a tool result,file by id,container,twice the model,not json,deep',
  401: 'dumb,config,archive,service,log of another stream,model by the forwarder,model by the socket,session by the forwarder,session by the socket,packages by the forwarder,packages by the socket',
  // What no agent should repeat is 402 at the relay
  402: 'own key,no token',
  404: 'batches,files,models,keys,dots,encoded dots,absolute,session,other repository,repository by dots,health',
};

describe.each(COMPUTES)('in a $compute $why', ({ compute, settings, why }) => {
  const isSkipped = why !== '' && !mustRun;
  const scenario = isSkipped ? null : withScenario({ script: () => ({ text: 'Hello.' }), compute, settings });

  test.skipIf(isSkipped)(
    'a hostile agent finds no secret, reaches nobody and bends no rule of the door',
    { timeout: 300_000 },
    async () => {
      if (scenario === null) {
        return;
      }
      const { github, model, webhook, dataDir, bosun } = scenario();
      const key = github.app.privateKey.split('\n').find((line) => line.length > 60) ?? '';
      expect(key).not.toBe('');
      // Backwards, so that the list itself is not found
      const canaries = [key, webhook.secret, model.key].map((secret) => [...secret].toReversed().join(''));
      const outside = Object.values(networkInterfaces()).flatMap((cards) => (cards ?? []).map((card) => card.address));
      const ports = [github.url, model.url, bosun.url ?? ''].map((url) => Number(new URL(url).port));
      const place = await openPlace(scenario(), {
        agent: 'timeout 150 node hostile.mjs',
        files: {
          'hostile.mjs': await readFile(new URL('hostile-agent.mjs', import.meta.url), 'utf8'),
          'aims.json': JSON.stringify({ canaries, outside, ports, dataDir, server: process.pid }),
        },
      });
      await place.comment('/implement');
      const task = await place.ended();
      const log = Buffer.from((await bosun.storage.artifacts.get(`${task.id}/1/agent.log`)) ?? []).toString();
      const loot: unknown = JSON.parse(/^LOOT (.*)$/m.exec(log)?.[1] ?? '{}');
      expect(loot).toEqual({
        secrets: [`/tmp/control: ${key.slice(0, 8)}`],
        filesRead: expect.any(Number),
        reached: [],
        written: [],
        hostMounts: [],
        foreignProcesses: [],
        door: Object.fromEntries(
          Object.entries(DOOR).flatMap(([status, names]) => names.split(',').map((name) => [name, Number(status)])),
        ),
      });
      expect((loot as { filesRead: number }).filesRead).toBeGreaterThan(50);
      expect(await place.refs()).toEqual([]);
    },
  );
});
