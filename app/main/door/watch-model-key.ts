import type { ModelProblem } from '../../door/door-options.ts';
import type { ModelProvider } from '../../door/model/dialect.ts';
import { createSendUpstream } from '../../door/model/upstream/send-upstream.ts';
import { describeModelRefusal, fingerprintOf, readModelRefusal, writeModelRefusal } from '../../store/model-refusal.ts';
import type { KeyStore } from '../../store/stores.ts';
import type { Clock } from '../../task/clock.ts';
import type { Logger } from '../../telemetry/log.ts';

const LOOK_MS = 15_000;
const FIRST_PROBE_MS = 30_000;
const LONGEST_PROBE_MS = 10 * 60_000;
const ANSWER_MS = 15_000;

export interface ModelKeyWatch {
  /** Takes what the door learned from a request: a refused key, or that the provider answers. */
  note(problem: ModelProblem | null): Promise<void>;
  /** Looks at the row once, and asks the provider when it is time to. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Keeps the row that stops attempts while the provider refuses the key. The row is removed when a request succeeds, when
 * this process has another key than the one refused, and when a free request that needs the key is not refused; that one
 * is tried with growing pauses.
 */
export function watchModelKey(plan: {
  provider: ModelProvider;
  /** The model that the free request names. */
  model: string;
  keys: Pick<KeyStore, 'read' | 'write'>;
  clock: Clock;
  log: Logger;
  lookMs?: number;
}): ModelKeyWatch {
  const { clock, keys, log, provider } = plan;
  const send = createSendUpstream(provider);
  const key = fingerprintOf(provider.apiKey);
  const stopped = new AbortController();
  let work: Promise<void> = Promise.resolve();

  function enqueue(step: () => Promise<void>): Promise<void> {
    work = work.then(step).catch((error: unknown) => {
      log.error('The refusal of the model key could not be recorded; it is tried again', { err: error });
    });
    return work;
  }

  async function refused(status: number | null): Promise<void> {
    const now = clock.now();
    const known = await readModelRefusal(keys);
    const probes = known?.key === key ? known.probes + 1 : 0;
    const pauseMs = Math.min(LONGEST_PROBE_MS, FIRST_PROBE_MS * 2 ** Math.min(probes, 10));
    const refusal = {
      since: known?.since ?? now,
      status,
      key,
      probes,
      probeAt: new Date(now.getTime() + pauseMs),
    };
    await writeModelRefusal(keys, refusal);
    if (known === null) {
      log.error(describeModelRefusal(refusal), { status });
    }
  }

  async function accepted(): Promise<void> {
    if ((await readModelRefusal(keys)) !== null) {
      await writeModelRefusal(keys, null);
      log.info('The model provider takes the key again; tasks continue', {});
    }
  }

  async function check(): Promise<void> {
    const refusal = await readModelRefusal(keys);
    if (refusal === null) {
      return;
    }
    if (refusal.key !== key) {
      await accepted();
      return;
    }
    if (clock.now() < refusal.probeAt) {
      return;
    }
    const sent = await send({
      call: provider.dialect.probe(plan.model),
      answerTimeoutMs: ANSWER_MS,
      silenceTimeoutMs: ANSWER_MS,
      signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(2 * ANSWER_MS)]),
    });
    if (sent.kind !== 'answer') {
      await refused(refusal.status);
      return;
    }
    sent.message.resume();
    const isRefused = sent.status === 401 || sent.status === 403;
    await (isRefused || sent.status === 429 || sent.status >= 500 ? refused(sent.status) : accepted());
  }

  const timer = setInterval(() => void enqueue(check), plan.lookMs ?? LOOK_MS);
  void enqueue(check);
  return {
    note: async (problem) => {
      if (problem === null) {
        await enqueue(accepted);
      } else if (problem.kind === 'auth') {
        await enqueue(() => refused(problem.status));
      }
    },
    look: () => enqueue(check),
    async stop() {
      clearInterval(timer);
      stopped.abort();
      await work;
    },
  };
}
