import type { IncomingMessage } from 'node:http';
import type { SignatureV4 } from '@smithy/signature-v4';
import type { AdaptedCall, AnswerMessage, ModelEndpoint, UpstreamCall } from '../dialect.ts';
import { readEventStream } from './event-stream.ts';
import { isCount, splitBody, translatedAnswer } from './adapt.ts';

const VERSION = 'bedrock-2023-05-31';
const MAX_JSON_BYTES = 16 * 1024 * 1024;

/** Of the betas that the door passes on, those that Bedrock takes; it refuses a request with any other. */
const BETAS = new Set([
  'context-management-2025-06-27',
  'fine-grained-tool-streaming-2025-05-14',
  'interleaved-thinking-2025-05-14',
  'token-efficient-tools-2025-02-19',
]);

/**
 * Claude models of Amazon Bedrock: InvokeModel with the body of the Messages API, signed with the credentials of this
 * process (environment, profile or role, as every AWS SDK finds them). Streams come in binary frames.
 */
export function createBedrock(place: { readonly region: string; readonly url: string }): ModelEndpoint {
  const host = new URL(place.url).host;
  let signer: Promise<SignatureV4> | null = null;

  return {
    async adapt(call) {
      const { path, body, translate, accept } = rewrite(call);
      signer ??= loadSigner(place.region);
      const signed = await (
        await signer
      ).sign({
        method: 'POST',
        protocol: new URL(place.url).protocol,
        hostname: host,
        path,
        headers: { host, 'content-type': 'application/json', accept },
        body,
      });
      return { path, body, headers: signed.headers, translate };
    },
  };
}

/** Loaded with the first request: most servers have no such provider. */
async function loadSigner(region: string): Promise<SignatureV4> {
  const [{ SignatureV4 }, { Sha256 }, { defaultProvider }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@smithy/core/checksum'),
    import('@aws-sdk/credential-provider-node'),
  ]);
  return new SignatureV4({ service: 'bedrock', region, credentials: defaultProvider(), sha256: Sha256 });
}

type Rewritten = Pick<AdaptedCall, 'path' | 'body'> & {
  readonly accept: string;
  readonly translate: (answer: IncomingMessage) => AnswerMessage;
};

function rewrite(call: UpstreamCall): Rewritten {
  const { model, stream, fields } = splitBody(call.body);
  const betas = (call.headers['anthropic-beta'] ?? '').split(',').filter((beta) => BETAS.has(beta));
  const body = JSON.stringify({
    anthropic_version: VERSION,
    ...(betas.length === 0 ? {} : { anthropic_beta: betas }),
    ...fields,
  });
  const path = `/model/${encodeURIComponent(model)}`;
  if (isCount(call)) {
    const counted = JSON.stringify({ anthropic_version: VERSION, max_tokens: 1, ...fields });
    return {
      path: `${path}/count-tokens`,
      body: JSON.stringify({ input: { invokeModel: { body: Buffer.from(counted).toString('base64') } } }),
      accept: 'application/json',
      translate: (answer) => translateJson(answer, readCount),
    };
  }
  return stream
    ? {
        path: `${path}/invoke-with-response-stream`,
        body,
        accept: 'application/vnd.amazon.eventstream',
        translate: translateStream,
      }
    : {
        path: `${path}/invoke`,
        body,
        accept: 'application/json',
        translate: (answer) => translateJson(answer, (json) => json),
      };
}

function translateStream(answer: IncomingMessage): AnswerMessage {
  return isSuccess(answer)
    ? translatedAnswer(readEventStream(answer), { headers: answer.headers, contentType: 'text/event-stream' })
    : translateJson(answer, (json) => json);
}

/** Errors get the shape of the Messages API, so that an agent understands them. */
function translateJson(answer: IncomingMessage, read: (json: unknown) => unknown): AnswerMessage {
  async function* translate(): AsyncGenerator<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_JSON_BYTES) {
        throw new Error('the answer is too large');
      }
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString('utf8');
    yield Buffer.from(isSuccess(answer) ? JSON.stringify(read(JSON.parse(text))) : explainError(answer, text));
  }
  return translatedAnswer(translate(), { headers: answer.headers, contentType: 'application/json' });
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function readCount(json: unknown): unknown {
  return { input_tokens: (json as { inputTokens?: unknown } | null)?.inputTokens };
}

function explainError({ headers, statusCode }: IncomingMessage, text: string): string {
  const name = String(headers['x-amzn-errortype'] ?? 'error').split(':')[0];
  let message: unknown;
  try {
    const json = JSON.parse(text) as { message?: unknown; Message?: unknown } | null;
    message = json?.message ?? json?.Message;
  } catch {
    // The text of a proxy
  }
  const type = statusCode === 404 ? 'not_found_error' : 'invalid_request_error';
  const reason = typeof message === 'string' ? message : `Bedrock answered with status ${statusCode}`;
  return JSON.stringify({ type: 'error', error: { type, message: `${name}: ${reason}` } });
}
