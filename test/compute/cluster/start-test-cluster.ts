import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { BUNDLE, ROOT } from '../../../scripts/bundle-options.ts';
import { DOOR_NAME } from '../../../app/door/tls/door-certificate.ts';
import { CERTIFICATE, startApiServer, type ApiServer } from './api-server.ts';
import { createClusterClient } from './cluster-client.ts';
import { runControllers } from './job-controller.ts';
import { startKubelet, type Kubelet } from './kubelet.ts';
import { shippedManifests, shippedRules } from './rights.ts';

export const NAMESPACE = 'bosun-workers';
export const PROGRAM_IMAGE = 'registry.example.com/bosun@sha256:1';
export const WORKER_IMAGE = 'bosun-worker';

export interface TestCluster {
  readonly api: ApiServer;
  readonly kubelet: Kubelet;
  /** Path of a file for `KUBECONFIG`, with the rights that are shipped. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

/** A cluster of one machine, whose image of Bosun has the worker program `entry` in it. */
export async function startTestCluster(given: { entry: 'fixture' | 'worker' }): Promise<TestCluster> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-cluster-'));
  const [bosunToken, systemToken] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  const api = await startApiServer({ rules: shippedRules(), bosunToken, systemToken });
  const endControllers = runControllers(api.store, (name, graceS) => api.deletePod(name, graceS));
  for (const policy of shippedManifests().filter(({ kind }) => kind === 'NetworkPolicy')) {
    api.store.create('networkpolicies', policy);
  }
  const program = path.join(directory, 'program');
  await makeProgram(program, given.entry);
  const client = createClusterClient({
    url: api.url,
    ca: CERTIFICATE.certificate,
    serverName: DOOR_NAME,
    token: systemToken,
  });
  const kubelet = await startKubelet(client, {
    [PROGRAM_IMAGE]: {
      files: { '/app/program': program, '/app/bin/node': process.execPath },
      env: { PATH: '/app/bin:/usr/bin:/bin' },
    },
    [WORKER_IMAGE]: { files: {}, env: { PATH: '/usr/local/bin:/usr/bin:/bin' } },
  });
  const kubeconfig = path.join(directory, 'kubeconfig.json');
  const ca = Buffer.from(CERTIFICATE.certificate).toString('base64');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'bosun' } }],
      clusters: [
        {
          name: 'test',
          cluster: { server: api.url, 'certificate-authority-data': ca, 'tls-server-name': DOOR_NAME },
        },
      ],
      users: [{ name: 'bosun', user: { token: bosunToken } }],
    }),
  );
  return {
    api,
    kubelet,
    kubeconfig,
    async close() {
      endControllers();
      await kubelet.close();
      await api.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What `/app/program` of the image has in it. */
async function makeProgram(directory: string, entry: 'fixture' | 'worker'): Promise<void> {
  await mkdir(directory, { mode: 0o755 });
  const entryPoints = { join: 'worker/join.ts', ...(entry === 'worker' ? { worker: 'worker/main.ts' } : {}) };
  await build({ ...BUNDLE, entryPoints, outdir: directory, metafile: false });
  if (entry === 'fixture') {
    const programs = path.join(ROOT, 'test', 'fixture', 'programs');
    for (const name of (await readdir(programs)).filter((file) => file.endsWith('.mjs'))) {
      await copyFile(path.join(programs, name), path.join(directory, name === 'play.mjs' ? 'worker.mjs' : name));
    }
  }
}
