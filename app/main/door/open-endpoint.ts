import type { ProviderService } from '../../config/provider-section.ts';
import type { ModelEndpoint } from '../../door/model/dialect.ts';
import { createBedrock } from '../../door/model/endpoint/bedrock.ts';
import { createVertex } from '../../door/model/endpoint/vertex.ts';

/** The way to the models of a cloud, whose libraries are loaded with the first request. */
export function openEndpoint(service: ProviderService, url: string): ModelEndpoint {
  switch (service.kind) {
    case 'bedrock':
      return createBedrock({ ...service, url });
    case 'vertex':
      return createVertex({ ...service, url });
  }
}
