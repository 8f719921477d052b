/** What an error of the AWS SDK carries: its name or code, the HTTP status if there was an answer, its text. */
export interface AwsError {
  readonly name: string;
  readonly code: string | null;
  readonly status: number | null;
  readonly message: string;
}

export function readAwsError(error: unknown): AwsError {
  if (!(error instanceof Error)) {
    return { name: 'unknown error', code: null, status: null, message: String(error) };
  }
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  return {
    name: error.name,
    code: typeof code === 'string' ? code : null,
    status: $metadata?.httpStatusCode ?? null,
    message: error.message,
  };
}
