import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CERTIFICATE } from './api-server.ts';
import type { ClusterClient } from './cluster-client.ts';
import type { Stored } from './object-store.ts';
import { startContainer, type RunningContainer } from './run-container.ts';

/** An image of the tests: what lies in it beside the system's programs, and its environment. */
export interface TestImage {
  readonly files: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

export interface Kubelet {
  /** The machine is gone: its containers end, and nobody tells the cluster. */
  vanish(): Promise<void>;
  close(): Promise<void>;
}

interface LocalPod {
  readonly directory: string;
  current: RunningContainer | null;
  stopping: Promise<void> | null;
  isOver: boolean;
  readonly done: Promise<void>;
}

const NODE = 'test-node';

/** A small kubelet: takes every pod, runs its containers one after the other, reports their states, serves their logs. */
export async function startKubelet(
  client: ClusterClient,
  images: Readonly<Record<string, TestImage>>,
): Promise<Kubelet> {
  const root = await mkdtemp(path.join(tmpdir(), 'bosun-kubelet-'));
  await chmod(root, 0o755);
  const pods = new Map<string, LocalPod>();
  const ending = new AbortController();
  const logs = createServer({ key: CERTIFICATE.key, cert: CERTIFICATE.certificate }, (request, response) => {
    serveLog(request, response).catch(() => response.destroy());
  });
  logs.listen(0, '127.0.0.1');
  await once(logs, 'listening');
  await client.call('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } });
  await client.call('PATCH', `/api/v1/nodes/${NODE}/status`, {
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: (logs.address() as AddressInfo).port } },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  });

  const watching = client.pods((pod, isGone) => {
    const { name, uid } = pod.metadata;
    const local = pods.get(uid);
    if (isGone) {
      void (local === undefined ? undefined : stop(local, 0));
    } else if (pod.spec.nodeName === undefined) {
      client
        .call('POST', `${pathOf(pod)}/binding`, {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name },
          target: { apiVersion: 'v1', kind: 'Node', name: NODE },
        })
        .catch(() => undefined);
    } else if (local === undefined) {
      if (pod.status?.phase === 'Pending' || pod.status?.phase === undefined) {
        begin(pod);
      }
    } else if (pod.metadata.deletionTimestamp !== undefined) {
      local.stopping ??= stop(local, pod.metadata.deletionGracePeriodSeconds ?? 30).then(async () => {
        await local.done;
        await client.call('DELETE', `${pathOf(pod)}?gracePeriodSeconds=0`).catch(() => undefined);
      });
    }
  }, ending.signal);

  function begin(pod: Stored): void {
    const directory = path.join(root, pod.metadata.uid);
    const started = Promise.withResolvers<void>();
    const local: LocalPod = { directory, current: null, stopping: null, isOver: false, done: started.promise };
    pods.set(pod.metadata.uid, local);
    runPod(pod, local)
      .catch(() => undefined)
      .finally(() => {
        local.isOver = true;
        started.resolve();
      });
  }

  async function runPod(pod: Stored, local: LocalPod): Promise<void> {
    await mkdir(local.directory, { mode: 0o755 });
    const volumes = await makeVolumes(pod, local.directory);
    for (const container of (pod.spec.initContainers ?? []) as Record<string, any>[]) {
      const ended = await runContainer(pod, { container, local, volumes, statuses: 'initContainerStatuses' });
      if (ended === null || ended.exitCode !== 0) {
        return ended === null ? undefined : report(pod, { phase: 'Failed' });
      }
    }
    const [container] = pod.spec.containers as Record<string, any>[];
    const ended = await runContainer(pod, {
      container: container ?? {},
      local,
      volumes,
      statuses: 'containerStatuses',
    });
    if (ended !== null) {
      await report(pod, { phase: ended.exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses: ended.statuses });
    }
  }

  async function runContainer(
    pod: Stored,
    given: { container: Record<string, any>; local: LocalPod; volumes: Map<string, string>; statuses: string },
  ): Promise<{ exitCode: number; statuses: object[] } | null> {
    const { container, local, statuses, volumes } = given;
    const name = container['name'] as string;
    const common = { name, image: container['image'] as string, imageID: '', ready: false, restartCount: 0 };
    const image = images[container['image'] as string];
    if (image === undefined) {
      await report(pod, {
        phase: 'Pending',
        [statuses]: [
          { ...common, state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } } },
        ],
      });
      return null;
    }
    if (local.stopping !== null) {
      return null;
    }
    const mounts = (container['volumeMounts'] as { name: string; mountPath: string; readOnly?: boolean }[]).map(
      (mount) => ({
        from: volumes.get(mount.name) ?? '',
        to: mount.mountPath,
        readOnly: mount.readOnly === true,
      }),
    );
    const own = Object.entries(image.files).map(([to, from]) => ({ from, to, readOnly: true }));
    const env = Object.fromEntries(
      (container['env'] ?? []).map((one: { name: string; value: string }) => [one.name, one.value]),
    );
    const running = startContainer({
      command: container['command'] as string[],
      // What a kubelet and a container runtime add of their own
      env: { HOSTNAME: pod.metadata.name, KUBERNETES_SERVICE_HOST: '10.0.0.1', ...image.env, ...env },
      user: pod.spec.securityContext.runAsUser as number,
      memoryBytes: Number(container['resources'].limits.memory),
      mounts: [...own, ...mounts],
      logFile: path.join(local.directory, `${name}.log`),
    });
    local.current = running;
    const startedAt = new Date().toISOString();
    await report(pod, {
      phase: statuses === 'containerStatuses' ? 'Running' : 'Pending',
      [statuses]: [{ ...common, ready: true, started: true, state: { running: { startedAt } } }],
    });
    const { exitCode, outOfMemory } = await running.ended;
    local.current = null;
    const terminated = {
      exitCode,
      reason: reasonOf({ exitCode, outOfMemory }),
      startedAt,
      finishedAt: new Date().toISOString(),
      ...(exitCode !== 0 && container['terminationMessagePolicy'] === 'FallbackToLogsOnError'
        ? { message: await readFile(path.join(local.directory, `${name}.log`), 'utf8') }
        : {}),
    };
    const state = [{ ...common, state: { terminated } }];
    if (statuses === 'initContainerStatuses') {
      await report(pod, { [statuses]: state });
    }
    return { exitCode, statuses: state };
  }

  async function report(pod: Stored, status: object): Promise<void> {
    await client.call('PATCH', `${pathOf(pod)}/status`, { status }).catch(() => undefined);
  }

  async function stop(local: LocalPod, graceS: number): Promise<void> {
    local.current?.kill('SIGTERM');
    await Promise.race([local.done, pause(graceS * 1_000, undefined, { ref: false })]);
    local.current?.kill('SIGKILL');
    if (!local.isOver && local.current === null) {
      return;
    }
    await local.done;
  }

  /** From the beginning, and on as it comes until the container has ended. */
  async function serveLog(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'https://kubelet');
    const [, , , podName = '', container = ''] = url.pathname.split('/');
    const found = (await client.call('GET', '/api/v1/pods')) as { items: Stored[] };
    const pod = found.items.find(({ metadata }) => metadata.name === podName);
    const local = pods.get(pod?.metadata.uid ?? '');
    if (local === undefined) {
      response.writeHead(404).end();
      return;
    }
    const file = path.join(local.directory, `${path.basename(container)}.log`);
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
    let sent = 0;
    for (let isLast = false; !response.destroyed; await pause(20)) {
      isLast = local.isOver || url.searchParams.get('follow') !== 'true';
      const { size } = await stat(file).catch(() => ({ size: 0 }));
      if (size > sent) {
        const part = createReadStream(file, { start: sent, end: size - 1 });
        for await (const chunk of part) {
          await new Promise((resolve) => response.write(chunk, resolve));
        }
        sent = size;
      } else if (isLast) {
        response.end();
        return;
      }
    }
  }

  async function makeVolumes(pod: Stored, directory: string): Promise<Map<string, string>> {
    const group = pod.spec.securityContext.fsGroup as number;
    const made = new Map<string, string>();
    for (const volume of pod.spec.volumes as Record<string, any>[]) {
      const at = path.join(directory, `volume-${volume['name']}`);
      await mkdir(at);
      if (volume['secret'] !== undefined) {
        const secret = await readSecret(pod.metadata.namespace ?? '', volume['secret'].secretName as string);
        for (const [key, value] of Object.entries(secret)) {
          await writeFile(path.join(at, key), Buffer.from(value, 'base64'));
          await chmod(path.join(at, key), volume['secret'].defaultMode as number);
          await chown(path.join(at, key), 0, group);
        }
      }
      await chmod(at, volume['secret'] === undefined ? 0o2777 : 0o750);
      await chown(at, 0, group);
      made.set(volume['name'] as string, at);
    }
    return made;
  }

  /** A pod waits for a secret that is not there yet. */
  async function readSecret(namespace: string, name: string): Promise<Record<string, string>> {
    for (;;) {
      try {
        return (
          (await client.call('GET', `/api/v1/namespaces/${namespace}/secrets/${name}`)) as {
            data: Record<string, string>;
          }
        ).data;
      } catch {
        await pause(100, undefined, { signal: ending.signal });
      }
    }
  }

  async function endAll(): Promise<void> {
    ending.abort();
    pods.forEach((local) => local.current?.kill('SIGKILL'));
    await Promise.all([...pods.values()].map(async ({ current }) => current?.ended));
    await watching;
  }

  return {
    vanish: endAll,
    async close() {
      await endAll();
      logs.closeAllConnections();
      logs.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function reasonOf({ exitCode, outOfMemory }: { exitCode: number; outOfMemory: boolean }): string {
  if (outOfMemory) {
    return 'OOMKilled';
  }
  return exitCode === 0 ? 'Completed' : 'Error';
}

function pathOf(pod: Stored): string {
  return `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
}
