import type { ModelPrice } from '../../../budget/prices.ts';
import type { NanoUsd } from '../../../task/task.ts';
import type { Log } from '../../../task/ports/log.ts';
import type { DoorLimits } from '../../door-limits.ts';
import type { AnswerMessage, ModelProvider, ModelRequest } from '../dialect.ts';
import { explainFailure } from '../explain-failure.ts';
import { decideCost, NO_COST } from '../money/decide-cost.ts';
import type { Cost } from '../money/decide-cost.ts';
import { forward } from '../upstream/forward.ts';
import type { SendUpstream } from '../upstream/send-upstream.ts';
import { isRetired } from './is-retired.ts';

const LONGEST_MS = 5 * 60_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** What came of one question, and what it cost. */
export type Exchanged = { readonly cost: Cost } & (
  | { readonly kind: 'answered'; readonly value: unknown }
  | { readonly kind: 'retired' }
  | { readonly kind: 'unavailable'; readonly reason: string }
);

/** Sends a question whose money is reserved, and reads its answer to the end. */
export async function exchangeQuestion(
  call: { request: ModelRequest; maxTokens: number; upperNano: NanoUsd; inputNano: NanoUsd; price: ModelPrice },
  tools: { provider: ModelProvider; send: SendUpstream; limits: DoorLimits; log: Log; now: Date },
): Promise<Exchanged> {
  const { limits, log, now, provider, send } = tools;
  const stop = AbortSignal.timeout(LONGEST_MS);
  const forwarded = await forward(
    send,
    {
      call: call.request.generate(call.maxTokens),
      answerTimeoutMs: Math.min(limits.answerTimeoutMs, LONGEST_MS),
      silenceTimeoutMs: limits.silenceTimeoutMs,
      signal: stop,
    },
    { limits, log, gone: stop },
  );
  if (forwarded.kind !== 'answer') {
    const { cost, refusal } = explainFailure(forwarded, { now, paid: { ...call, stream: false } });
    return { kind: 'unavailable', reason: refusal.message, cost };
  }
  const { message, status } = forwarded.sent;
  const { bytes, ending } = await readAll(message);
  const json = parse(bytes);
  if (status < 200 || status >= 300) {
    return isRetired(status, json)
      ? { kind: 'retired', cost: NO_COST }
      : { kind: 'unavailable', reason: `The model provider refused the question (${status}).`, cost: NO_COST };
  }
  const reader = provider.dialect.readAnswer('application/json');
  reader.push(bytes);
  const facts = reader.facts();
  const cost = decideCost({ ending, streamed: false, facts }, call);
  return facts.error === null && ending === 'complete'
    ? { kind: 'answered', value: provider.dialect.question.read(json), cost }
    : { kind: 'unavailable', reason: 'The answer of the model provider was cut off.', cost };
}

async function readAll(message: AnswerMessage): Promise<{ bytes: Buffer; ending: 'complete' | 'cut' | 'given_up' }> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES) {
        message.destroy();
        return { bytes: Buffer.concat(chunks), ending: 'given_up' };
      }
      chunks.push(chunk);
    }
  } catch {
    return { bytes: Buffer.concat(chunks), ending: 'cut' };
  }
  return { bytes: Buffer.concat(chunks), ending: 'complete' };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
