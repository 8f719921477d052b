/** A kind of credential that is known by how it looks. All expressions are linear. */
export interface SecretShape {
  readonly kind: string;
  readonly pattern: RegExp;
  /** Also kept out of commits; shapes that examples and tests are full of are only hidden in logs. */
  readonly inCommits: boolean;
}

/**
 * Keys that documentation prints pass, as with GitHub's own push protection: those of AWS end in `EXAMPLE`, and the token
 * that pages about JSON web tokens show is about John Doe.
 */
export const SECRET_SHAPES: readonly SecretShape[] = [
  shape('GitHub token', /gh[opsur]_[A-Za-z0-9._-]{36,}/g),
  shape('GitHub token', /github_pat_[A-Za-z0-9_]{22,}/g),
  shape('Anthropic key', /sk-ant-[A-Za-z0-9_-]{20,}/g),
  shape('OpenAI key', /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,}/g),
  shape('AWS access key', /\b(?:AKIA|ASIA)(?![A-Z0-9]{9}EXAMPLE\b)[A-Z0-9]{16}\b/g),
  shape(
    'AWS secret key',
    /aws_secret_access_key["']?\s{0,5}[=:]\s{0,5}["']?(?![A-Za-z0-9/+]{30}EXAMPLEKEY)[A-Za-z0-9/+]{40}/gi,
  ),
  shape('Google key', /\bAIza[A-Za-z0-9_-]{35}/g),
  shape('Google token', /\bya29\.[A-Za-z0-9_-]{20,}/g),
  shape('Slack token', /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g),
  shape('Slack webhook', /hooks\.slack\.com\/services\/[A-Za-z0-9/]{20,}/g),
  shape('GitLab token', /\bglpat-[A-Za-z0-9_-]{20,}/g),
  shape('npm token', /\bnpm_[A-Za-z0-9]{36}/g),
  shape('PyPI token', /\bpypi-[A-Za-z0-9_-]{50,}/g),
  shape('Docker token', /\bdckr_pat_[A-Za-z0-9_-]{20,}/g),
  shape('Hugging Face token', /\bhf_[A-Za-z0-9]{30,}/g),
  shape('Stripe key', /\b[rs]k_live_[A-Za-z0-9]{20,}/g),
  shape('SendGrid key', /\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/g),
  shape(
    'JSON web token',
    /\beyJ(?!hbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIi)[A-Za-z0-9_-]{10,1000}\.eyJ[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{10,}/g,
  ),
  shape(
    'private key',
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=\s\\:,.]|-(?!-)){64,16000}(?:-----END [A-Z0-9 ]{0,60}-----)?/g,
  ),
  {
    ...shape(
      'authorization header',
      /\b(?:authorization|x-api-key)["']?\s{0,5}[:=]\s{0,5}["']?(?:bearer |basic |token )?[A-Za-z0-9+/=._~-]{12,}/gi,
    ),
    inCommits: false,
  },
  { ...shape('bearer token', /\bbearer [A-Za-z0-9+/=._~-]{16,}/gi), inCommits: false },
  { ...shape('password in a URL', /(?<=:\/\/[^\s:@/"']{1,100}:)[^\s:@/"']{3,200}(?=@)/g), inCommits: false },
];

function shape(kind: string, pattern: RegExp): SecretShape {
  return { kind, pattern, inCommits: true };
}
