import { request } from 'node:https';
import { createInterface } from 'node:readline';
import type { Stored } from './object-store.ts';

/** A plain client of an API server, for the kubelet of the tests. */
export interface ClusterClient {
  call(method: string, path: string, body?: unknown): Promise<any>;
  /** Every pod as it changes, from what there is at the start; until the signal. */
  pods(onPod: (pod: Stored, isGone: boolean) => void, signal: AbortSignal): Promise<void>;
}

export function createClusterClient(given: {
  url: string;
  ca: string;
  serverName?: string;
  token?: string;
  clientCertificate?: { key: string; cert: string };
}): ClusterClient {
  const { hostname, port } = new URL(given.url);
  const common = {
    host: hostname,
    port,
    ca: given.ca,
    ...(given.serverName === undefined ? {} : { servername: given.serverName }),
    ...given.clientCertificate,
  };
  const authorization = given.token === undefined ? {} : { authorization: `Bearer ${given.token}` };

  async function call(method: string, path: string, body?: unknown): Promise<any> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return new Promise((resolve, reject) => {
      const headers = { ...authorization, 'content-type': type };
      const asking = request({ ...common, method, path, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => {
          const parsed: unknown = text === '' ? null : JSON.parse(text);
          if ((answer.statusCode ?? 500) >= 300) {
            reject(Object.assign(new Error(`${method} ${path}: ${text}`), { status: answer.statusCode }));
          } else {
            resolve(parsed);
          }
        });
        answer.on('error', reject);
      });
      asking.on('error', reject);
      asking.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async function watchOnce(onPod: (pod: Stored, isGone: boolean) => void, signal: AbortSignal): Promise<void> {
    const { items, metadata } = (await call('GET', '/api/v1/pods')) as {
      items: Stored[];
      metadata: { resourceVersion: string };
    };
    items.forEach((pod) => onPod(pod, false));
    await new Promise<void>((resolve, reject) => {
      const path = `/api/v1/pods?watch=true&resourceVersion=${metadata.resourceVersion}`;
      const asking = request({ ...common, path, headers: authorization, signal }, (answer) => {
        const lines = createInterface(answer);
        // It passes on what the answer fails with, which is looked at below
        lines.on('error', () => undefined);
        lines.on('line', (line) => {
          const { object, type } = JSON.parse(line) as { type: string; object: Stored };
          if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') {
            onPod(object, type === 'DELETED');
          }
        });
        answer.on('error', () => resolve());
        answer.on('close', () => resolve());
      });
      asking.on('error', reject);
      asking.end();
    });
  }

  return {
    call,
    async pods(onPod, signal) {
      while (!signal.aborted) {
        await watchOnce(onPod, signal).catch(() => new Promise((resolve) => setTimeout(resolve, 100)));
      }
    },
  };
}
