import http from 'node:http';
import https from 'node:https';
import { takeStart } from '../../../../protocol/index.ts';

import { findPrice } from '../../../budget/prices.ts';
import type { UpstreamCall } from '../../../door/model/dialect.ts';
import { createSendUpstream } from '../../../door/model/upstream/send-upstream.ts';
import type { UpstreamPlace } from '../../../door/model/upstream/send-upstream.ts';
import { anthropicMessages } from '../../../door/model/anthropic/anthropic-messages.ts';
import { fail, ok, skip, warn, type Check, type Examined } from '../check.ts';

const NAME = 'model key';
const ANSWER_TIMEOUT_MS = 10_000;
const LONGEST_WORDS = 200;
const LONGEST_ANSWER = 64 * 1024;

/** In the place of a status: there are no credentials, so that nothing was sent. */
export const UNSIGNED = 0;

export interface ModelAnswer {
  /** Null when nothing answered. */
  readonly status: number | null;
  /** What the provider, or the network, said; one line. */
  readonly message: string;
}

/** Counts the tokens of one word with the model of the settings: free, and it needs a key that works. */
export async function checkModelKey({ config, broken }: Examined): Promise<Check> {
  const { apiKey, baseUrl, authStyle } = config.model;
  if (apiKey === null || ['ANTHROPIC_BASE_URL', 'BOSUN_MODEL_AUTH'].some((name) => broken.includes(name))) {
    return skip(NAME, 'not tried: the settings of the model are not complete');
  }
  const { model } = config.defaults;
  const answer = await askProvider({ apiKey, baseUrl, authStyle }, anthropicMessages.probe(model));
  const place = { baseUrl, model, authStyle };
  return judgeModelAnswer({ ...answer, message: answer.message.replaceAll(apiKey, '***') }, place);
}

export function judgeModelAnswer(
  { status, message }: ModelAnswer,
  place: { baseUrl: string; model: string; authStyle: string },
): Check {
  const { baseUrl, model, authStyle } = place;
  if (status === null) {
    return fail(
      NAME,
      `${baseUrl} does not answer (${message})`,
      'Check ANTHROPIC_BASE_URL and that this machine may connect there.',
    );
  }
  if (status === 200) {
    return ok(NAME, `${baseUrl} takes the key and knows ${model}`);
  }
  if (status === 401 || status === 403) {
    return fail(
      NAME,
      `${baseUrl} refuses the key (${status} ${message})`,
      `Set a working ANTHROPIC_API_KEY. It is sent as ${authStyle}; BOSUN_MODEL_AUTH changes that.`,
    );
  }
  if (status === 404 && /model/i.test(message)) {
    return fail(
      NAME,
      `${baseUrl} does not know ${model} (${message})`,
      'Name a model of the provider with BOSUN_MODEL.',
    );
  }
  if (status === 404 || status === 405) {
    return warn(
      NAME,
      `${baseUrl} answers, but cannot count tokens, so the key was not tried (${status})`,
      'No action needed if tasks work; reservations are then larger than necessary.',
    );
  }
  return status === 429 || status >= 500
    ? warn(NAME, `${baseUrl} is busy (${status} ${message})`, 'Run `bosun doctor` again in a few minutes.')
    : fail(
        NAME,
        `${baseUrl} refused to count tokens (${status} ${message})`,
        'Check ANTHROPIC_BASE_URL and BOSUN_MODEL.',
      );
}

/** The price of the model that tasks get when they name none. */
export function checkPrice({ config, broken }: Examined): Check {
  const { model, prices } = config.defaults;
  const price = findPrice(prices, model);
  if (broken.includes('BOSUN_MODEL') || broken.includes('BOSUN_PRICES') || price === null) {
    return skip('price', 'not known: BOSUN_MODEL or BOSUN_PRICES is wrong');
  }
  const usd = (nanoPerToken: number): string => `$${(nanoPerToken / 1_000).toFixed(2)}`;
  return ok('price', `${model}: ${usd(price.input)} in, ${usd(price.output)} out per million tokens`);
}

/** The way the door takes, so that what works here works there. */
export async function askProvider(place: Omit<UpstreamPlace, 'agent'>, call: UpstreamCall): Promise<ModelAnswer> {
  const client = place.baseUrl.startsWith('https:') ? https : http;
  const sent = await createSendUpstream({ ...place, agent: new client.Agent() })({
    call,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    silenceTimeoutMs: ANSWER_TIMEOUT_MS,
    signal: AbortSignal.timeout(2 * ANSWER_TIMEOUT_MS),
  });
  switch (sent.kind) {
    case 'answer':
      return { status: sent.status, message: readMessage(await readStart(sent.message)) };
    case 'unsigned':
      return { status: UNSIGNED, message: oneLine(sent.reason) };
    case 'unreachable':
    case 'lost':
      return { status: null, message: oneLine(sent.reason) };
    case 'stopped':
      return { status: null, message: 'no answer in time' };
  }
}

async function readStart(message: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of message) {
    text += chunk.toString('utf8');
    if (text.length > LONGEST_ANSWER) {
      break;
    }
  }
  return text;
}

function readMessage(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: unknown } };
    return typeof error?.message === 'string' ? oneLine(error.message) : '';
  } catch {
    return oneLine(body);
  }
}

function oneLine(text: string): string {
  return takeStart(text.replaceAll(/\s+/g, ' ').trim(), LONGEST_WORDS);
}
