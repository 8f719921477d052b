import type { CheckedBody } from '../body/check-body.ts';
import type { SendUpstream, UpstreamRequest } from './send-upstream.ts';

/** Fields the counting endpoint takes. */
const COUNTED = [
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'cache_control',
  'output_config',
  'context_management',
] as const;
const MAX_ANSWER_BYTES = 64 * 1024;

/** The provider's own count of a prompt; null when it gives none, for whatever reason: the bound by bytes then stands. */
export async function countTokens(
  send: SendUpstream,
  body: CheckedBody,
  request: Omit<UpstreamRequest, 'body'>,
): Promise<number | null> {
  const fields = Object.fromEntries(
    COUNTED.filter((name) => body.fields[name] !== undefined).map((name) => [name, body.fields[name]]),
  );
  const sent = await send({ ...request, body: JSON.stringify(fields) });
  if (sent.kind !== 'answer') {
    return null;
  }
  if (sent.status !== 200) {
    sent.message.resume();
    return null;
  }
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of sent.message as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) {
        return null;
      }
      chunks.push(chunk);
    }
    const tokens = (JSON.parse(Buffer.concat(chunks).toString('utf8')) as { input_tokens?: unknown }).input_tokens;
    return typeof tokens === 'number' && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : null;
  } catch {
    return null;
  }
}
