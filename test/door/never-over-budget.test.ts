import * as fc from 'fast-check';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { openDoor } from './open-door.ts';
import { beginStream, EVENTS, sendError, sendMessage } from './scripted-upstream.ts';
import type { SeenRequest } from './scripted-upstream.ts';

/** How the provider treats one request, and what it uses of what it may use. */
const Fate = fc.record({
  kind: fc.constantFrom('whole', 'stream', 'cut', 'cut at once', 'busy', 'dropped', 'hung up', 'no usage'),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
});
type Fate = typeof Fate extends fc.Arbitrary<infer T> ? T : never;

const Call = fc.record({
  fate: Fate,
  words: fc.integer({ min: 1, max: 4_000 }),
  maxTokens: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined }),
  oneHour: fc.boolean(),
});
type Call = typeof Call extends fc.Arbitrary<infer T> ? T : never;

function usageOf({ share }: Fate, { body }: SeenRequest): object {
  const prompt = Math.floor(Buffer.byteLength(JSON.stringify(body)) * share);
  return {
    input_tokens: Math.floor(prompt / 2),
    cache_creation_input_tokens: Math.floor(prompt / 2),
    output_tokens: Math.floor(Number(body['max_tokens']) * share),
  };
}

function act(fate: Fate, request: SeenRequest, response: ServerResponse): void {
  const usage = usageOf(fate, request);
  switch (fate.kind) {
    case 'whole':
      sendMessage(response, usage);
      break;
    case 'busy':
      sendError(response, 529, 'overloaded_error');
      break;
    case 'dropped':
      response.destroy();
      break;
    case 'no usage':
      response.end('{}');
      break;
    case 'cut at once':
      beginStream(response);
      response.flushHeaders();
      setImmediate(() => response.destroy());
      break;
    case 'cut':
      beginStream(response);
      response.write(EVENTS.start + EVENTS.text('word '.repeat(50)), () => response.destroy());
      break;
    default:
      beginStream(response);
      response.write(EVENTS.start);
      response.end(`event: message_delta\ndata: ${JSON.stringify({ type: 'message_delta', usage })}\n\n`);
  }
}

/** Plays a script of batches, each of parallel calls, on a door of its own, and counts how often the budget was exceeded. */
async function play(script: readonly (readonly Call[])[], budgetNano: number): Promise<{ over: number; open: number }> {
  const { door, ask, events, upstream, world } = await openDoor({ budgetNano, limits: { patienceMs: 4 } });
  const fates = new Map<string, Fate>();
  let over = 0;

  async function look(): Promise<void> {
    const attempt = await world.attempt();
    over += attempt.spentNano + attempt.inflightNano > budgetNano ? 1 : 0;
  }

  upstream.script(async (request, response) => {
    await look();
    if (request.path.includes('count_tokens')) {
      sendError(response, 404, 'not_found_error');
      return;
    }
    const id = JSON.stringify(request.body).match(/call-\d+/)?.[0] ?? '';
    act(fates.get(id) ?? { kind: 'whole', share: 1 }, request, response);
  });

  async function run(call: Call): Promise<void> {
    const id = `call-${fates.size}`;
    fates.set(id, call.fate);
    const control = call.oneHour ? { cache_control: { type: 'ephemeral', ttl: '1h' } } : {};
    const content = [{ type: 'text', text: `${id} ${'word '.repeat(call.words)}`, ...control }];
    const worker = new AbortController();
    const asked = ask({ max_tokens: call.maxTokens, messages: [{ role: 'user', content }] }, { signal: worker.signal });
    const response = await asked.catch(() => null);
    if (call.fate.kind === 'hung up') {
      worker.abort();
    }
    await response?.text().catch(() => '');
    await look();
  }

  for (const batch of script) {
    await Promise.all(batch.map(run));
    await events({ type: 'heartbeat' });
  }
  await door.close({ graceMs: 5_000 });
  await look();
  over += world.settled.filter(({ costNano, upperNano }) => costNano > upperNano).length;
  return { over, open: (await world.attempt()).inflightNano };
}

test('whatever the worker and the provider do, spent and set aside never exceed the budget', async () => {
  const scripts = fc.array(fc.array(Call, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 });
  const budgets = fc.integer({ min: 0, max: 500_000_000 });
  await fc.assert(
    fc.asyncProperty(scripts, budgets, async (script, budgetNano) => {
      expect(await play(script, budgetNano)).toEqual({ over: 0, open: 0 });
    }),
    { numRuns: 40 },
  );
});
