import type { DeliveryId, GitHubApp, GitHubResult } from './github.ts';
import type { AppRequest } from './request/app-request.ts';

interface RawDelivery {
  readonly id: DeliveryId;
  readonly guid: string;
  readonly delivered_at: string;
  readonly event: string;
  readonly status_code: number;
}

/** Three days of a busy App; a server that says "next" for ever ends here. */
const MAX_PAGES = 1_000;

/** What GitHub sent to the App, and how that went. */
export function createDeliveryCalls(app: AppRequest): Pick<GitHubApp, 'fetchFailedDeliveries' | 'fetchDelivery'> {
  return {
    async fetchFailedDeliveries(since, options) {
      const tries = await readTries(app, since);
      if (!tries.ok) {
        return tries;
      }
      const isOver = options?.arrived === 'too' ? () => false : isArrived;
      const arrived = new Set(tries.value.filter(isOver).map((attempt) => attempt.guid));
      const failed = new Map<string, RawDelivery>();
      for (const attempt of tries.value) {
        // Newest first: the first of a guid is its latest try.
        if (!arrived.has(attempt.guid) && !failed.has(attempt.guid)) {
          failed.set(attempt.guid, attempt);
        }
      }
      const deliveries = [...failed.values()].map((attempt) => ({
        guid: attempt.guid,
        id: attempt.id,
        event: attempt.event,
        status: attempt.status_code,
        deliveredAt: new Date(attempt.delivered_at),
      }));
      return { ok: true, value: deliveries };
    },

    async fetchDelivery(id) {
      const answer = await app.send((octokit) =>
        // The number goes into the path only, where a bigint prints all its digits.
        octokit.rest.apps.getWebhookDelivery({ delivery_id: id as number }),
      );
      if (!answer.ok) {
        return answer;
      }
      const { guid, event, request } = answer.value.data;
      return { ok: true, value: { guid, event, payload: plain(request.payload) } };
    },
  };
}

async function readTries(app: AppRequest, since: Date): Promise<GitHubResult<RawDelivery[]>> {
  const tries: RawDelivery[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const at: { cursor?: string } = cursor === null ? {} : { cursor };
    const answer = await app.send((octokit) => octokit.rest.apps.listWebhookDeliveries({ per_page: 100, ...at }));
    if (!answer.ok) {
      return answer;
    }
    const recent = answer.value.data.filter((attempt) => Date.parse(attempt.delivered_at) >= since.getTime());
    tries.push(...recent);
    cursor = nextCursor(String(answer.value.headers['link'] ?? ''));
    if (cursor === null || recent.length < answer.value.data.length) {
      break;
    }
  }
  return { ok: true, value: tries };
}

function nextCursor(link: string): string | null {
  const next = link.split(',').find((part) => part.includes('rel="next"'));
  const url = next?.slice(next.indexOf('<') + 1, next.indexOf('>'));
  return url && URL.canParse(url) ? new URL(url).searchParams.get('cursor') : null;
}

function isArrived(attempt: RawDelivery): boolean {
  return attempt.status_code >= 200 && attempt.status_code < 300;
}

/** Octokit reads numbers past 2^53 as bigint; a webhook body read by JSON.parse has none, and JSON cannot write them. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number(value);
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
  }
  return value;
}
