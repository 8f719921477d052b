import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { DOOR_NAME, makeDoorCertificate } from '../../../app/door/tls/door-certificate.ts';
import { checkPodSecurity } from './check-pod-security.ts';
import { ApiError, ObjectStore, type Stored } from './object-store.ts';
import { mayDo, type Rule } from './rights.ts';
import { validateObject } from './validate-object.ts';

const PATH =
  /^\/(?:api|apis)\/(?:(?<group>[a-z.0-9]+)\/)?(?<version>v1)(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<resource>[a-z]+)(?:\/(?<name>[^/]+))?(?:\/(?<sub>[a-z]+))?$/;
export const CERTIFICATE = makeDoorCertificate(Buffer.from('the certificate of the test cluster'));
const KINDS: Readonly<Record<string, string>> = { jobs: 'Job', pods: 'Pod', secrets: 'Secret' };

export interface ApiServer {
  readonly url: string;
  readonly store: ObjectStore;
  /** Requests that were refused for want of rights. */
  readonly refused: string[];
  /** Cuts what is under way and lets nobody in, until it is called again. */
  setAway(away: boolean): void;
  deletePod(name: string, graceS: number): void;
  /** Ends every watch that is open, as the API does now and then. */
  endWatches(): void;
  close(): Promise<void>;
}

/**
 * The part of the Kubernetes API that Bosun and a kubelet use, over TLS, with state: validation by the published schemas,
 * rights by the rules given, the Pod Security Standard `restricted`, watches with versions that can be too old.
 */
export async function startApiServer(given: {
  rules: readonly Rule[];
  bosunToken: string;
  systemToken: string;
}): Promise<ApiServer> {
  const store = new ObjectStore();
  const refused: string[] = [];
  const watches = new Set<ServerResponse>();
  let away = false;

  const server = createServer({ key: CERTIFICATE.key, cert: CERTIFICATE.certificate }, (request, response) => {
    if (away) {
      request.socket.destroy();
      return;
    }
    handle(request, response).catch((error: unknown) => {
      const { status, reason, message } =
        error instanceof ApiError ? error : new ApiError(500, 'InternalError', String(error));
      send(response, status, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason, message });
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'https://api');
    const isSystem = request.headers.authorization === `Bearer ${given.systemToken}`;
    if (!isSystem && request.headers.authorization !== `Bearer ${given.bosunToken}`) {
      throw new ApiError(401, 'Unauthorized', 'Unauthorized');
    }
    if (url.pathname === '/version/' || url.pathname === '/version') {
      send(response, 200, { gitVersion: 'v1.33.0-test' });
      return;
    }
    const { group = '', name, namespace, resource = '', sub } = PATH.exec(url.pathname)?.groups ?? {};
    const body = request.method === 'GET' ? null : await readJson(request);
    if (resource === 'selfsubjectaccessreviews') {
      const asked = (body as Stored).spec.resourceAttributes as {
        verb: string;
        group: string;
        resource: string;
        subresource?: string;
      };
      const full = asked.subresource === undefined ? asked.resource : `${asked.resource}/${asked.subresource}`;
      send(response, 201, {
        ...(body as object),
        status: { allowed: mayDo(given.rules, { ...asked, resource: full }) },
      });
      return;
    }
    const verb = verbOf(request.method ?? '', { name, isWatch: url.searchParams.get('watch') === 'true' });
    const full = sub === undefined ? resource : `${resource}/${sub}`;
    if (!isSystem && (namespace === undefined || !mayDo(given.rules, { verb, group, resource: full }))) {
      refused.push(`${verb} ${full}`);
      throw new ApiError(403, 'Forbidden', `${full} is forbidden: User "bosun" cannot ${verb} resource "${full}"`);
    }
    await serve({ verb, resource, name, sub, namespace: namespace ?? '', url, body }, response);
  }

  async function serve(
    asked: {
      verb: string;
      resource: string;
      name: string | undefined;
      sub: string | undefined;
      namespace: string;
      url: URL;
      body: unknown;
    },
    response: ServerResponse,
  ): Promise<void> {
    const { name = '', namespace, resource, sub, url, verb } = asked;
    const select = selector(url.searchParams);
    if (sub === 'log') {
      return proxyLog(store, name, url, response);
    }
    if (sub === 'binding') {
      const node = (asked.body as { target: { name: string } }).target.name;
      store.update(resource, name, (pod) => (pod.spec.nodeName = node));
      return send(response, 201, { kind: 'Status', status: 'Success' });
    }
    switch (verb) {
      case 'create': {
        const object = asked.body as Stored;
        await validateObject(object);
        if (resource === 'pods') {
          checkPodSecurity(object);
        }
        object.metadata.namespace = namespace;
        if (resource === 'secrets') {
          const { data = {}, stringData = {} } = object as {
            data?: Record<string, string>;
            stringData?: Record<string, string>;
          };
          const encoded = Object.entries(stringData).map(([key, value]) => [
            key,
            Buffer.from(value).toString('base64'),
          ]);
          Object.assign(object, { data: { ...data, ...Object.fromEntries(encoded) }, stringData: undefined });
        }
        return send(response, 201, store.create(resource, object));
      }
      case 'get':
        return send(response, 200, store.get(resource, name));
      case 'list':
        return send(response, 200, {
          kind: `${KINDS[resource] ?? ''}List`,
          apiVersion: 'v1',
          metadata: { resourceVersion: String(store.version) },
          items: store.list(resource).filter(select),
        });
      case 'patch': {
        const patched = store.update(resource, name, (object) => merge(object, asked.body as Record<string, unknown>));
        return send(response, 200, patched);
      }
      case 'delete':
        deleteObject(resource, name, { ...Object.fromEntries(url.searchParams), ...(asked.body as object | null) });
        return send(response, 200, { kind: 'Status', apiVersion: 'v1', status: 'Success' });
      default:
        return watch(resource, { from: Number(url.searchParams.get('resourceVersion') ?? 0), select }, response);
    }
  }

  /** A pod is asked to end, and goes when its kubelet says so; without a grace it goes at once. */
  function deleteObject(resource: string, name: string, options: { gracePeriodSeconds?: number | string }): void {
    const graceS = Number(options.gracePeriodSeconds ?? 30);
    const object = store.get(resource, name);
    if (resource !== 'pods' || graceS === 0 || object.spec.nodeName === undefined) {
      store.remove(resource, name);
      return;
    }
    const before = object.metadata.deletionGracePeriodSeconds ?? Infinity;
    if (graceS < before) {
      store.update(resource, name, ({ metadata }) => {
        metadata.deletionTimestamp = new Date(Date.now() + graceS * 1_000).toISOString();
        metadata.deletionGracePeriodSeconds = graceS;
      });
    }
  }

  function watch(
    resource: string,
    { from, select }: { from: number; select: (object: Stored) => boolean },
    response: ServerResponse,
  ): void {
    const missed = store.since(resource, from);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    function tell({ object, type }: { type: string; object: Stored }): void {
      response.write(`${JSON.stringify({ type, object })}\n`);
    }
    missed.filter(({ object }) => select(object)).forEach(tell);
    const leave = store.listen((change) => {
      if (change.resource === resource && select(change.object)) {
        tell(change);
      }
    });
    watches.add(response);
    response.once('close', () => {
      leave();
      watches.delete(response);
    });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    refused,
    setAway(next) {
      away = next;
      if (away) {
        server.closeAllConnections();
      }
    },
    deletePod: (name, gracePeriodSeconds) => deleteObject('pods', name, { gracePeriodSeconds }),
    endWatches: () => watches.forEach((response) => response.end()),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Logs are the kubelet's; the API server passes them on. */
function proxyLog(store: ObjectStore, name: string, url: URL, response: ServerResponse): void {
  const pod = store.get('pods', name);
  const node = store.get('nodes', pod.spec.nodeName as string);
  const { port, path } = {
    port: node.status.daemonEndpoints.kubeletEndpoint.Port as number,
    path: `/containerLogs/${pod.metadata.namespace}/${name}/${url.searchParams.get('container')}${url.search}`,
  };
  const asking = get(
    { host: '127.0.0.1', port, path, ca: CERTIFICATE.certificate, servername: DOOR_NAME },
    (answer) => {
      response.writeHead(answer.statusCode ?? 500);
      answer.pipe(response);
    },
  );
  asking.on('error', () => response.destroy());
  response.on('close', () => asking.destroy());
}

function verbOf(method: string, { isWatch, name }: { name: string | undefined; isWatch: boolean }): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return 'delete';
    default:
      if (isWatch) {
        return 'watch';
      }
      return name === undefined ? 'list' : 'get';
  }
}

function selector(query: URLSearchParams): (object: Stored) => boolean {
  const labels = (query.get('labelSelector') ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map((part) => part.split('='));
  return ({ metadata }) => labels.every(([name = '', value]) => metadata.labels?.[name] === value);
}

/** RFC 7386. */
function merge(target: Record<string, any>, patch: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      delete target[key];
    } else if (typeof value === 'object' && !Array.isArray(value) && typeof target[key] === 'object') {
      merge(target[key] as Record<string, unknown>, value as Record<string, unknown>);
    } else {
      target[key] = value;
    }
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? null : JSON.parse(text);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
