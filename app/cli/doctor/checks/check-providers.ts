import type { ProviderConfig } from '../../../config/provider-section.ts';
import { anthropicMessages } from '../../../door/model/anthropic/anthropic-messages.ts';
import { openaiResponses } from '../../../door/model/openai/openai-responses.ts';
import { openEndpoint } from '../../../main/door/open-endpoint.ts';
import { fail, ok, warn, type Check, type Examined } from '../check.ts';
import { askProvider, UNSIGNED } from './check-model.ts';
import type { ModelAnswer } from './check-model.ts';

const DIALECTS = { anthropic: anthropicMessages, openai: openaiResponses } as const;

/** Asks each provider of the configuration file how long a prompt of one word is: free, and it needs a key that works. */
export async function checkProviders({ config }: Examined): Promise<Check[]> {
  return Promise.all(config.providers.map(checkProvider));
}

async function checkProvider(provider: ProviderConfig): Promise<Check> {
  const { apiKey, baseUrl, service } = provider;
  const [model = ''] = provider.prices.keys();
  const endpoint = service === null ? {} : { endpoint: openEndpoint(service, baseUrl) };
  const answer = await askProvider({ ...provider, ...endpoint }, DIALECTS[provider.dialect].probe(model));
  const message = apiKey === '' ? answer.message : answer.message.replaceAll(apiKey, '***');
  return judgeProvider({ ...answer, message }, { ...provider, model });
}

const CREDENTIALS = {
  bedrock: 'Give the server AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role.',
  vertex:
    'Give the server Google credentials: GOOGLE_APPLICATION_CREDENTIALS, workload identity, or a service account.',
} as const;

/** What the answer says about the provider, its key, and its first model. */
export function judgeProvider(
  { status, message }: ModelAnswer,
  { baseUrl, id, model, service }: Pick<ProviderConfig, 'id' | 'baseUrl' | 'service'> & { model: string },
): Check {
  const name = `provider ${id}`;
  const key =
    service === null
      ? `Set the variable that \`providers.${id}.key\` names to a working key.`
      : CREDENTIALS[service.kind];
  if (status === UNSIGNED) {
    return fail(name, `no credentials to sign with (${message})`, key);
  }
  if (status === null) {
    return fail(
      name,
      `${baseUrl} does not answer (${message})`,
      `Check \`providers.${id}\` and that this machine may connect there.`,
    );
  }
  if (status === 200) {
    return ok(name, `${baseUrl} takes the ${service === null ? 'key' : 'credentials'} and knows ${model}`);
  }
  if (status === 401 || status === 403) {
    return fail(name, `${baseUrl} refuses the ${service === null ? 'key' : 'credentials'} (${status} ${message})`, key);
  }
  return warn(
    name,
    `${baseUrl} answers, but did not count tokens for ${model} (${status} ${message})`,
    `Check the model ids of \`providers.${id}\`. Without counting, reservations are larger than necessary.`,
  );
}
