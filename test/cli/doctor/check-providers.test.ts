import { expect, test } from 'vitest';
import { judgeProvider } from '../../../app/cli/doctor/checks/check-providers.ts';

const KEYED = { id: 'acme', baseUrl: 'https://models.acme.example', service: null, model: 'm' };
const BEDROCK = { ...KEYED, service: { kind: 'bedrock' as const, region: 'eu-central-1' } };

test.each([
  [KEYED, 200, 'ok', 'takes the key and knows m', ''],
  [KEYED, 401, 'fail', 'refuses the key (401 no)', 'providers.acme.key'],
  [KEYED, null, 'fail', 'does not answer (no)', 'providers.acme'],
  [KEYED, 404, 'warn', 'did not count tokens for m (404 no)', 'model ids'],
  [KEYED, 429, 'warn', 'did not count tokens', 'reservations'],
  [BEDROCK, 200, 'ok', 'takes the credentials', ''],
  [BEDROCK, 0, 'fail', 'no credentials to sign with (no)', 'AWS_PROFILE'],
  [BEDROCK, 403, 'fail', 'refuses the credentials', 'AWS_PROFILE'],
])('a provider %o that answers %s', (provider, status, state, found, remedy) => {
  const check = judgeProvider({ status, message: 'no' }, provider);
  expect(check).toMatchObject({ name: 'provider acme', state });
  expect(check.found).toContain(found);
  expect(check.remedy ?? '').toContain(remedy);
});
