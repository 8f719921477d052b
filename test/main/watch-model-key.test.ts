import { onTestFinished, expect, test } from 'vitest';
import { PRICES } from '../../app/budget/prices.ts';
import { anthropicMessages } from '../../app/door/model/anthropic/anthropic-messages.ts';
import { watchModelKey } from '../../app/main/door/watch-model-key.ts';
import type { ModelKeyWatch } from '../../app/main/door/watch-model-key.ts';
import { createMemoryStores } from '../../app/store/memory/create-memory-stores.ts';
import { readModelRefusal } from '../../app/store/model-refusal.ts';
import { sendError, sendJson, startScriptedUpstream } from '../door/scripted-upstream.ts';
import type { ScriptedUpstream } from '../door/scripted-upstream.ts';

const SILENT = { info: (): void => undefined, warn: (): void => undefined, error: (): void => undefined };
const { keys } = createMemoryStores();
let now = new Date('2026-11-21T12:00:00Z');

async function open(apiKey: string): Promise<{ watch: ModelKeyWatch; upstream: ScriptedUpstream }> {
  const upstream = await startScriptedUpstream();
  const provider = {
    dialect: anthropicMessages,
    baseUrl: upstream.baseUrl,
    apiKey,
    authStyle: 'x-api-key' as const,
    prices: PRICES,
  };
  const log = { ...SILENT, debug: SILENT.info, child: () => log } as never;
  const watch = watchModelKey({
    provider,
    model: 'claude-sonnet-5',
    keys,
    clock: { now: () => now },
    log,
    lookMs: 3_600_000,
  });
  onTestFinished(async () => {
    await Promise.all([watch.stop(), upstream.close()]);
  });
  return { watch, upstream };
}

function later(minutes: number): void {
  now = new Date(now.getTime() + minutes * 60_000);
}

test('a refusal is one row, probed with growing pauses, and removed by an accepted probe, a success or another key', async () => {
  const { watch, upstream } = await open('key-one');
  await watch.note({ kind: 'unavailable', status: 529, at: now });
  expect(await readModelRefusal(keys)).toBeNull();

  upstream.script((_request, response) => sendError(response, 401, 'authentication_error'));
  await watch.note({ kind: 'auth', status: 401, at: now });
  const first = await readModelRefusal(keys);
  expect(first).toMatchObject({ status: 401, since: now, probes: 0 });
  await watch.look();
  expect(upstream.seen).toHaveLength(0);

  later(1);
  await watch.look();
  expect(upstream.seen.map(({ path }) => path)).toEqual(['/v1/messages/count_tokens']);
  const second = await readModelRefusal(keys);
  expect(second).toMatchObject({ since: first?.since, probes: 1 });
  expect(second?.probeAt.getTime()).toBe(now.getTime() + 60_000);

  upstream.script((_request, response) => sendJson(response, 200, { input_tokens: 1 }));
  later(2);
  await watch.look();
  expect(await readModelRefusal(keys)).toBeNull();

  await watch.note({ kind: 'auth', status: 403, at: now });
  await watch.note(null);
  expect(await readModelRefusal(keys)).toBeNull();

  await watch.note({ kind: 'auth', status: 403, at: now });
  const { watch: restarted } = await open('key-two');
  await restarted.look();
  expect(await readModelRefusal(keys)).toBeNull();
});
