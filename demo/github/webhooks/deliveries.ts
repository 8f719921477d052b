import { createHmac, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { installationJson } from '../json/app-json.ts';
import { repositoryJson } from '../json/repository-json.ts';
import { nodeId, userJson } from '../json/user-json.ts';
import { installationOf } from '../state/find.ts';
import type { Installation, OutgoingEvent, Repository, World } from '../state/world.ts';

/** One attempt to hand a webhook to the app, as GitHub records it. */
export interface Delivery {
  id: number;
  /** The same for every attempt of one event. */
  guid: string;
  event: string;
  action: string | null;
  deliveredAt: Date;
  durationMs: number;
  redelivery: boolean;
  /** `OK`, the reason phrase of a refusal, or why there was no answer; `pending` before the attempt. */
  status: string;
  /** 0 before the attempt. */
  statusCode: number;
  installationId: number | null;
  repositoryId: number | null;
  /** The exact bytes that were signed. */
  body: string;
  requestHeaders: Record<string, string>;
  responseHeaders: Record<string, string>;
  responseBody: string;
}

export interface Webhook {
  url: string;
  secret: string;
}

export interface DeliveryOptions {
  webhook: Webhook | undefined;
  /** `manual`: recorded and sent by `deliver` only. */
  mode: 'auto' | 'manual';
  timeoutMs: number;
}

export interface DeliveryLog {
  records: Delivery[];
  emit: (event: OutgoingEvent) => void;
  /** Sends every delivery that has not been attempted, in order. */
  deliverPending: () => Promise<Delivery[]>;
  /** Sends one more time, as the button on GitHub's page does: same GUID, a new record. */
  redeliver: (delivery: Delivery) => Promise<Delivery>;
  /** Records and sends any payload, for instance a recorded one. */
  send: (message: { event: string; payload: Record<string, unknown>; guid?: string }) => Promise<Delivery>;
  /** Resolves when everything recorded so far has been answered or has failed. */
  settled: () => Promise<void>;
  /** Gives up what is on its way. */
  close: () => Promise<void>;
  setWebhook: (webhook: Webhook | undefined) => void;
  setMode: (mode: 'auto' | 'manual') => void;
}

const HOOK_ID = 1;

export function createDeliveries(world: World, options: DeliveryOptions): DeliveryLog {
  const records: Delivery[] = [];
  let { webhook, mode } = options;
  // Payloads may still be computed from git: the chain keeps the order in which things happened.
  let recording: Promise<unknown> = Promise.resolve();
  const sending = new Set<Promise<Delivery>>();
  const closing = new AbortController();

  function record(message: {
    event: string;
    payload: Record<string, unknown>;
    guid?: string;
    redelivery?: boolean;
    installationId?: number | null;
    repositoryId?: number | null;
    body?: string;
  }): Delivery {
    const action = message.payload['action'];
    const delivery: Delivery = {
      id: world.newId(),
      guid: message.guid ?? randomUUID(),
      event: message.event,
      action: typeof action === 'string' ? action : null,
      deliveredAt: world.now(),
      durationMs: 0,
      redelivery: message.redelivery ?? false,
      status: 'pending',
      statusCode: 0,
      installationId: message.installationId ?? null,
      repositoryId: message.repositoryId ?? null,
      body: message.body ?? JSON.stringify(message.payload),
      requestHeaders: {},
      responseHeaders: {},
      responseBody: '',
    };
    records.push(delivery);
    return delivery;
  }

  function start(delivery: Delivery): Promise<Delivery> {
    delivery.requestHeaders = headersOf(world, delivery, webhook?.secret ?? '');
    const attempt = post(delivery, webhook?.url, { timeoutMs: options.timeoutMs, signal: closing.signal }).finally(() =>
      sending.delete(attempt),
    );
    sending.add(attempt);
    return attempt;
  }

  async function recordEvent(event: OutgoingEvent, installation: Installation): Promise<void> {
    const payload = composePayload(world, event, { installation, rest: await event.payload });
    const repositoryId = event.repository?.id ?? null;
    const delivery = record({ event: event.event, payload, installationId: installation.id, repositoryId });
    if (mode === 'auto') {
      void start(delivery);
    }
  }

  async function settled(): Promise<void> {
    await recording;
    while (sending.size > 0) {
      await Promise.all(sending);
    }
  }

  return {
    records,
    emit(event) {
      const installation = event.installation ?? (event.repository && installationOf(world, event.repository));
      const isActive = webhook !== undefined || mode === 'manual';
      if (!isActive || !installation || installation.suspendedAt || !isSubscribed(world, event.event)) {
        // Nobody listens. A payload that is still being computed must not be left unobserved.
        void Promise.resolve(event.payload).catch(() => undefined);
        return;
      }
      recording = recording.then(() => recordEvent(event, installation));
    },
    async deliverPending() {
      await recording;
      const sent: Delivery[] = [];
      for (const delivery of records.filter(({ status }) => status === 'pending')) {
        sent.push(await start(delivery));
      }
      return sent;
    },
    redeliver(delivery) {
      const payload = JSON.parse(delivery.body) as Record<string, unknown>;
      return start(record({ ...delivery, payload, redelivery: true }));
    },
    send(message) {
      return start(record(message));
    },
    settled,
    async close() {
      closing.abort();
      await settled();
    },
    setWebhook(next) {
      webhook = next;
    },
    setMode(next) {
      mode = next;
    },
  };
}

/** Events every app receives, whatever it subscribed to. */
const ALWAYS = new Set(['installation', 'installation_repositories', 'github_app_authorization', 'ping']);

function isSubscribed(world: World, event: string): boolean {
  return ALWAYS.has(event) || world.app.events.includes(event);
}

function composePayload(
  world: World,
  event: OutgoingEvent,
  parts: { installation: Installation; rest: Record<string, unknown> },
): Record<string, unknown> {
  const { installation, rest } = parts;
  const isAboutInstallation = event.event.startsWith('installation');
  return {
    ...(event.action === null ? {} : { action: event.action }),
    ...(event.repository ? { repository: repositoryJson(world, event.repository) } : {}),
    ...rest,
    ...organization(world, event.repository),
    sender: userJson(world, event.sender),
    installation: isAboutInstallation
      ? installationJson(world, installation)
      : { id: installation.id, node_id: nodeId('IntegrationInstallation', installation.id) },
  };
}

function organization(world: World, repository: Repository | null): Record<string, unknown> {
  if (repository?.owner.type !== 'Organization') {
    return {};
  }
  const { owner } = repository;
  const url = `${world.apiUrl}/orgs/${owner.login}`;
  const { login, id, node_id, avatar_url } = userJson(world, owner);
  return {
    organization: {
      login,
      id,
      node_id,
      url,
      avatar_url,
      repos_url: `${url}/repos`,
      events_url: `${url}/events`,
      hooks_url: `${url}/hooks`,
      issues_url: `${url}/issues`,
      members_url: `${url}/members{/member}`,
      public_members_url: `${url}/public_members{/member}`,
      description: null,
    },
  };
}

function headersOf(world: World, delivery: Delivery, secret: string): Record<string, string> {
  const sign = (algorithm: string): string => createHmac(algorithm, secret).update(delivery.body).digest('hex');
  return {
    accept: '*/*',
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/local',
    'x-github-delivery': delivery.guid,
    'x-github-event': delivery.event,
    'x-github-hook-id': String(HOOK_ID),
    'x-github-hook-installation-target-id': String(world.app.id),
    'x-github-hook-installation-target-type': 'integration',
    ...(secret ? { 'x-hub-signature': `sha1=${sign('sha1')}`, 'x-hub-signature-256': `sha256=${sign('sha256')}` } : {}),
  };
}

/** Posts and notes the answer. A failure is part of the record, never an exception. */
function post(
  delivery: Delivery,
  url: string | undefined,
  limits: { timeoutMs: number; signal: AbortSignal },
): Promise<Delivery> {
  const startedMs = performance.now();
  const finish = (status: string, statusCode: number): Delivery => {
    if (delivery.status !== 'pending') {
      return delivery; // The first outcome counts: cutting a timed-out connection also raises an error.
    }
    delivery.durationMs = performance.now() - startedMs;
    return Object.assign(delivery, { status, statusCode });
  };
  if (url === undefined) {
    return Promise.resolve(finish('failed to connect to host', 502));
  }
  return new Promise((resolve) => {
    const body = Buffer.from(delivery.body);
    const headers = { ...delivery.requestHeaders, 'content-length': String(body.length) };
    const request = httpRequest(
      url,
      { method: 'POST', headers, timeout: limits.timeoutMs, signal: limits.signal },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => resolve(finish('failed to connect to host', 502)));
        response.on('end', () => {
          delivery.responseHeaders = response.headers as Record<string, string>;
          delivery.responseBody = Buffer.concat(chunks).toString('utf8');
          const code = response.statusCode ?? 0;
          resolve(finish(code >= 200 && code < 300 ? 'OK' : (response.statusMessage ?? 'Invalid HTTP Response'), code));
        });
      },
    );
    request.on('timeout', () => {
      resolve(finish('timed out', 504));
      request.destroy();
    });
    request.on('error', () => resolve(finish('failed to connect to host', 502)));
    request.end(body);
  });
}
