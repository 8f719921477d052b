import { findPrice } from '../../../budget/prices.ts';
import { buildUpstreamHeaders } from '../../../door/model/upstream/upstream-headers.ts';
import { fail, ok, skip, warn, type Check, type Examined } from '../check.ts';

const NAME = 'model key';
const ANSWER_TIMEOUT_MS = 10_000;
const LONGEST_WORDS = 200;

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
  const answer = await askProvider({ apiKey, baseUrl, authStyle, model });
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
      'Nothing to do if tasks work; reservations are then larger than they need to be.',
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

async function askProvider(request: {
  apiKey: string;
  baseUrl: string;
  authStyle: 'x-api-key' | 'bearer';
  model: string;
}): Promise<ModelAnswer> {
  const { apiKey, baseUrl, authStyle, model } = request;
  try {
    const response = await fetch(`${baseUrl}/v1/messages/count_tokens`, {
      method: 'POST',
      headers: buildUpstreamHeaders({}, { apiKey, baseUrl, authStyle }) as Record<string, string>,
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return { status: response.status, message: readMessage(await response.text()) };
  } catch (error) {
    return { status: null, message: describeNetwork(error) };
  }
}

function readMessage(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: unknown } };
    return typeof error?.message === 'string' ? oneLine(error.message) : '';
  } catch {
    return oneLine(body);
  }
}

/** `fetch` hides the reason one level below. */
function describeNetwork(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return oneLine(code === '' ? String(cause instanceof Error ? cause.message : cause) : code);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST_WORDS);
}
