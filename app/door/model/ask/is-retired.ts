/**
 * Whether a provider said that it does not have a model, or no longer: `not_found_error` naming it at Anthropic and Ollama,
 * `model_not_found` at OpenAI, a validation error about an identifier or an end of life at Bedrock.
 */
export function isRetired(status: number, answer: unknown): boolean {
  const { code, message, type } = errorOf(answer);
  if (code === 'model_not_found' || code === 'model_deprecated') {
    return true;
  }
  if (status === 404 || status === 410) {
    return type === 'not_found_error' || /\bmodel\b/i.test(message);
  }
  return (
    status === 400 && /\bmodel\b.{0,200}(end of its life|retired|deprecated|identifier is invalid)/is.test(message)
  );
}

function errorOf(answer: unknown): { code: string; message: string; type: string } {
  const fields = answer as { error?: unknown; message?: unknown } | null;
  const error = (typeof fields?.error === 'object' ? fields.error : fields) as Record<string, unknown> | null;
  const text = typeof fields?.error === 'string' ? fields.error : error?.['message'];
  return { code: asText(error?.['code']), message: asText(text), type: asText(error?.['type']) };
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
