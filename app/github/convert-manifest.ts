import { z } from 'zod';
import type { Clock } from '../task/clock.ts';
import type { GitHubResult } from './github.ts';
import { createConnection } from './request/connection.ts';

/** An App as GitHub made it from a manifest. The secrets are returned this once. */
export interface CreatedApp {
  readonly id: number;
  readonly slug: string;
  /** Its public page; `/installations/new` below it installs it. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Null for an App without a webhook. */
  readonly webhookSecret: string | null;
  /** PEM. */
  readonly privateKey: string;
}

const Conversion = z.object({
  id: z.number(),
  slug: z.string(),
  html_url: z.url(),
  client_id: z.string(),
  client_secret: z.string(),
  webhook_secret: z.string().nullable(),
  pem: z.string(),
});

/**
 * Exchanges the code of GitHub's manifest flow for the App that was made. A code works once and for an hour. Source:
 * https://docs.github.com/rest/apps/apps#create-a-github-app-from-a-manifest
 */
export async function convertManifest(
  code: string,
  options: { readonly apiUrl: string; readonly userAgent: string; readonly timeoutMs: number; readonly clock: Clock },
): Promise<GitHubResult<CreatedApp>> {
  const sent = await createConnection(options).send(null, (octokit) => octokit.apps.createFromManifest({ code }));
  if (!sent.ok) {
    return { ok: false, problem: sent.problem };
  }
  const app = Conversion.parse(sent.answer.data);
  return {
    ok: true,
    value: {
      id: app.id,
      slug: app.slug,
      url: app.html_url,
      clientId: app.client_id,
      clientSecret: app.client_secret,
      webhookSecret: app.webhook_secret,
      privateKey: app.pem,
    },
  };
}
