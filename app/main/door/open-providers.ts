import type { ProviderService } from '../../config/provider-section.ts';
import type { ServerConfig } from '../../config/server-config.ts';
import { anthropicMessages } from '../../door/model/anthropic/anthropic-messages.ts';
import type { Dialect, ModelEndpoint, ModelProvider } from '../../door/model/dialect.ts';
import { openaiResponses } from '../../door/model/openai/openai-responses.ts';
import type { ModelDialect } from '../../../protocol/index.ts';

const DIALECTS: Readonly<Record<ModelDialect, Dialect>> = { anthropic: anthropicMessages, openai: openaiResponses };

export interface ProviderPlan {
  readonly model: ServerConfig['model'];
  readonly providers: ServerConfig['providers'];
  /** Opens providers that are services of a cloud; without it these cannot be used. The Action leaves their libraries out. */
  readonly openEndpoint?: (service: ProviderService, url: string) => ModelEndpoint;
}

/** Every provider of the server, in the order in which they are asked for a model; the main one is the last. */
export function openProviders({ model, openEndpoint, providers }: ProviderPlan): readonly ModelProvider[] {
  const more = providers.map((one) => ({
    ...one,
    ...endpointOf(one, openEndpoint),
    dialect: DIALECTS[one.dialect],
  }));
  return [...more, { ...model, apiKey: model.apiKey ?? '', dialect: anthropicMessages }];
}

export function mainOf(providers: readonly ModelProvider[]): ModelProvider {
  const main = providers.at(-1);
  if (main === undefined) {
    throw new Error('a server has at least one model provider');
  }
  return main;
}

function endpointOf(
  { baseUrl, id, service }: ServerConfig['providers'][number],
  openEndpoint: ProviderPlan['openEndpoint'],
): { endpoint?: ModelEndpoint } {
  if (service === null) {
    return {};
  }
  if (openEndpoint === undefined) {
    throw new Error(
      `The provider ${id} uses ${service.kind}, whose requests only the server can sign; use a gateway in front of it.`,
    );
  }
  return { endpoint: openEndpoint(service, baseUrl) };
}
