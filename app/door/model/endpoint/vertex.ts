import type { ModelEndpoint, UpstreamCall } from '../dialect.ts';
import { isCount, splitBody } from './adapt.ts';

const VERSION = 'vertex-2023-10-16';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

export interface VertexPlace {
  readonly region: string;
  readonly project: string;
  readonly url: string;
}

/**
 * Claude models of Google Vertex AI: rawPredict with the body of the Messages API, authorized by the default credentials of
 * this process (service account, workload identity or the metadata server, as every Google SDK finds them).
 */
export function createVertex(place: VertexPlace): ModelEndpoint {
  let authorize: Promise<() => Promise<string>> | null = null;
  return {
    async adapt(call) {
      authorize ??= loadCredentials().catch((error: unknown) => {
        // Credentials may come later, so the next request looks again
        authorize = null;
        throw error;
      });
      const authorization = await (await authorize)();
      return { ...rewrite(call, place), headers: { ...call.headers, authorization } };
    },
  };
}

/** Loaded with the first request. A service account signs its tokens itself, so that no other server is asked for them. */
async function loadCredentials(): Promise<() => Promise<string>> {
  const { GoogleAuth, JWT } = await import('google-auth-library');
  const client = await new GoogleAuth({ scopes: [SCOPE] }).getClient();
  if (client instanceof JWT) {
    client.useJWTAccessWithScope = true;
  }
  return async () => {
    const authorization = (await client.getRequestHeaders()).get('authorization');
    if (authorization === null) {
      throw new Error('the Google credentials give no token');
    }
    return authorization;
  };
}

function rewrite(call: UpstreamCall, { project, region }: VertexPlace): { path: string; body: string } {
  const { model, stream, fields } = splitBody(call.body);
  const models = `/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(region)}/publishers/anthropic/models`;
  if (isCount(call)) {
    return {
      path: `${models}/count-tokens:rawPredict`,
      body: JSON.stringify({ anthropic_version: VERSION, model, ...fields }),
    };
  }
  const id = encodeURIComponent(model).replaceAll('%40', '@');
  return {
    path: `${models}/${id}:${stream ? 'streamRawPredict' : 'rawPredict'}`,
    body: JSON.stringify({ anthropic_version: VERSION, ...fields, stream }),
  };
}
