import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Compute, SessionRef } from '../../app/compute/compute.ts';
import { createArchiveEnvironments } from '../../app/compute/cluster/archive-environments.ts';
import { createClusterCompute } from '../../app/compute/cluster/cluster-compute.ts';
import { createRemoteSessions } from '../../app/compute/cluster/remote-sessions.ts';
import { checkCluster } from '../../app/compute/kubernetes/check-cluster.ts';
import { createKubernetesPlatform } from '../../app/compute/kubernetes/kubernetes-platform.ts';
import { openCluster } from '../../app/compute/kubernetes/open-cluster.ts';
import { testCompute } from '../contract/compute.ts';
import {
  NAMESPACE,
  PROGRAM_IMAGE,
  startTestCluster,
  WORKER_IMAGE,
  type TestCluster,
} from './cluster/start-test-cluster.ts';
import { openTestDoor } from './cluster/open-test-door.ts';
import { QUIET } from './quiet.ts';
import { requestFor } from './request-for.ts';
import { startListener, type Listener } from './start-listener.ts';

let cluster: TestCluster;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  cluster = await startTestCluster({ entry: 'fixture' });
  process.env['KUBECONFIG'] = cluster.kubeconfig;
});

afterAll(async () => {
  delete process.env['KUBECONFIG'];
  for (const close of closers) {
    await close();
  }
  await cluster.close();
  // Whatever was asked for is in the Role that is shipped
  expect(cluster.api.refused).toEqual([]);
});

/** A Bosun of its own, unless it is to be one that was started again. */
async function open(
  socketPath: string,
  given: { directory?: string; owner?: string; startMs?: number; programImage?: string } = {},
): Promise<Compute & { directory: string; owner: string }> {
  const directory = given.directory ?? (await mkdtemp(path.join(tmpdir(), 'bosun-kubernetes-')));
  const owner = given.owner ?? randomBytes(6).toString('hex');
  const sessions = createRemoteSessions(directory);
  const { close, door } = await openTestDoor(sessions, socketPath);
  closers.push(close, () => rm(directory, { recursive: true, force: true }));
  const imageFor = (name: string | null): string => name ?? WORKER_IMAGE;
  const compute = createClusterCompute({
    name: 'kubernetes',
    platform: createKubernetesPlatform({
      cluster: openCluster(NAMESPACE),
      owner,
      programImage: given.programImage ?? PROGRAM_IMAGE,
      doorUrl: door.url,
      cpus: null,
      runtimeClass: null,
      ...(given.startMs === undefined ? {} : { startMs: given.startMs }),
      log: QUIET,
    }),
    directory,
    sessions,
    environments: createArchiveEnvironments({ directory: path.join(directory, '.archives'), sessions, imageFor }),
    door,
    imageFor,
    log: QUIET,
  });
  return { ...compute, directory, owner };
}

testCompute({ walls: false, create: (socketPath) => open(socketPath) });

async function begin(
  name: string,
  given: Parameters<typeof open>[1] = {},
): Promise<{ compute: Awaited<ReturnType<typeof open>>; door: Listener; session: SessionRef }> {
  const door = await startListener();
  const compute = await open(door.socketPath, given);
  const session = { taskId: randomBytes(8).toString('hex').toUpperCase(), epoch: 1 };
  onTestFinished(async () => {
    await compute.stop(session, { graceMs: 0 });
    await compute.clean(session);
    await door.close();
  });
  expect(await compute.start(requestFor(session, { name, args: {}, limits: {} }))).toEqual({ started: true });
  expect(await door.heard()).toBe('ready');
  return { compute, door, session };
}

test('has in the cluster all that Bosun needs, and a policy for the network', async () => {
  expect(await checkCluster(openCluster(NAMESPACE))).toEqual({ ok: true, version: 'v1.33.0-test', warnings: [] });
});

test('continues when Bosun is gone; the next one finds it by its labels, with all it printed, and sees its end', async () => {
  const { compute, door, session } = await begin('polite');
  const next = await open(door.socketPath, compute);
  expect(await next.list()).toEqual([session]);
  expect(await next.probe(session)).toEqual({ kind: 'running' });
  const ended = next.ended(session);
  await next.stop(session, { graceMs: 20_000 });
  expect(await door.heard()).toBe('goodbye');
  expect(await ended).toMatchObject({ kind: 'exited', exitCode: 0 });
});

test('is not seen, and not stopped, by another Bosun in the same namespace', async () => {
  const { door, session } = await begin('forever');
  const other = await open(door.socketPath);
  expect(await other.list()).toEqual([]);
  expect(await other.stop(session, { graceMs: 0 })).toEqual({ kind: 'unknown' });
});

test('an API server that goes away loses no worker: its end is seen when it is back', async () => {
  const { compute, session } = await begin('polite');
  cluster.api.setAway(true);
  try {
    expect(await compute.probe(session)).toEqual({ kind: 'running' });
    const request = requestFor({ ...session, epoch: 2 }, { name: 'exit', args: { code: 0 }, limits: {} });
    expect(await compute.start(request)).toMatchObject({
      started: false,
      isOutage: true,
      reason: expect.stringContaining('does not answer'),
    });
  } finally {
    cluster.api.setAway(false);
  }
  expect(await compute.stop(session, { graceMs: 20_000 })).toMatchObject({ exitCode: 0, outOfMemory: false });
});

test('a watch that ended, with a version that is too old, misses nothing', async () => {
  const { compute, door, session } = await begin('polite');
  cluster.api.store.compact();
  cluster.api.endWatches();
  const stopped = compute.stop(session, { graceMs: 20_000 });
  expect(await door.heard()).toBe('goodbye');
  expect(await stopped).toMatchObject({ exitCode: 0 });
});

test('the ticket belongs to the Job, holds no token, and goes with it', async () => {
  const { compute, session } = await begin('forever');
  const ours = cluster.api.store.list('secrets').filter(({ metadata }) => metadata.name.includes(compute.owner));
  expect(ours).toHaveLength(1);
  const [secret] = ours as any[];
  const [job] = cluster.api.store.list('jobs').filter(({ metadata }) => metadata.name.includes(compute.owner));
  expect(secret.metadata.ownerReferences[0].uid).toBe(job?.metadata.uid);
  const ticket = JSON.parse(Buffer.from(secret.data['ticket.json'], 'base64').toString());
  expect(Object.keys(ticket)).toEqual(['door', 'code']);
  const sessions = createRemoteSessions(compute.directory);
  expect(await sessions.join(ticket.code)).toBeNull();
  await compute.stop(session, { graceMs: 0 });
  await compute.clean(session);
  await expect
    .poll(() => cluster.api.store.list('secrets').some(({ metadata }) => metadata.name.includes(compute.owner)))
    .toBe(false);
});

test.each<[string, { image?: string; programImage?: string }, RegExp]>([
  ['the image of the worker', { image: 'no-such-image' }, /cannot start the container.*no-such-image/],
  ['the image of Bosun', { programImage: 'no-such-image' }, /cannot start the container.*no-such-image/],
])('%s that the nodes cannot pull is said, and nothing is left', async (_, given, reason) => {
  const door = await startListener();
  onTestFinished(() => door.close());
  const { image, ...place } = given;
  const compute = await open(door.socketPath, place);
  const request = requestFor({ taskId: 'IMAGE', epoch: 1 }, { name: 'exit', args: { code: 0 }, limits: {} });
  const result = await compute.start({ ...request, image: image ?? null });
  expect(result).toMatchObject({ started: false, reason: expect.stringMatching(reason) });
  expect(result).not.toHaveProperty('isOutage');
  expect(await compute.list()).toEqual([]);
});

test('a start that was cut off left a suspended Job, which is no session that ended well, and is started anew', async () => {
  const door = await startListener();
  onTestFinished(() => door.close());
  const compute = await open(door.socketPath);
  const session = { taskId: 'CUT', epoch: 1 };
  const name = `bosun-${compute.owner}-cut-1`;
  await openCluster(NAMESPACE).createJob({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      labels: { 'bosun.dev/owner': compute.owner, 'bosun.dev/task': 'CUT', 'bosun.dev/epoch': '1' },
    },
    spec: {
      suspend: true,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'worker', image: 'x' }] } },
    },
  });
  expect(await compute.list()).toEqual([session]);
  expect(await compute.probe(session)).toEqual({ kind: 'unknown' });
  expect(await compute.start(requestFor(session, { name: 'exit', args: { code: 7 }, limits: {} }))).toEqual({
    started: true,
  });
  expect(await compute.ended(session)).toMatchObject({ exitCode: 7 });
  await compute.clean(session);
});

test('a pod that the cluster takes away was not short of memory', async () => {
  const { compute, session } = await begin('stubborn');
  const [pod] = cluster.api.store.list('pods').filter(({ metadata }) => metadata.name.includes(compute.owner));
  cluster.api.deletePod(pod?.metadata.name ?? '', 1);
  expect(await compute.ended(session)).toMatchObject({ kind: 'exited', signal: 'SIGKILL', outOfMemory: false });
});
