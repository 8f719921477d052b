const BYTES_PER_TOKEN = 3.2;

/**
 * Tokens a model will count for the text, rather too many than too few: by UTF-8 bytes, which holds for code, prose and
 * scripts that take three bytes a character. No tokenizer is asked; the budget of a prompt is an estimate by design.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}
