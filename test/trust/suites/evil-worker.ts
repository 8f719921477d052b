import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SessionRef } from '../../../app/compute/compute.ts';
import { createSandboxCompute } from '../../../app/compute/sandbox-compute.ts';
import { QUIET } from '../../compute/quiet.ts';
import { FIXTURE_ENTRY, requestFor } from '../../compute/request-for.ts';
import { startListener } from '../../compute/start-listener.ts';
import { ATTACKS, type Attack } from '../evil/attacks.ts';
import { LAUNCHERS } from '../evil/launchers.ts';
import type { Suite } from '../suite.ts';

const CANARY = 'TRUST_CANARY_VALUE';
/** Reading everything a worker can see is done by every fifth launcher alone. */
const SWEEPING = 5;

interface Try extends Attack {
  readonly command: readonly string[];
}

export const evilWorker: Suite = {
  name: 'evil worker',
  claim: 'A worker that is taken over has no route out, no other rights and sees nothing of its neighbours',
  async run(size) {
    const launchers = size === 'sample' ? LAUNCHERS.slice(0, 1) : LAUNCHERS;
    const directory = await mkdtemp(path.join(tmpdir(), 'bosun-trust-'));
    const planted = await plantCanaries(directory);
    const [neighboursDoor, door] = [await startListener(), await startListener()];
    const open = (doorSocketPath: string): ReturnType<typeof createSandboxCompute> =>
      createSandboxCompute({
        directory,
        doorSocketPath,
        workerEntry: FIXTURE_ENTRY,
        nodePath: process.execPath,
        compile: 'each time',
        log: QUIET,
      });
    const compute = open(door.socketPath);
    const neighbours = open(neighboursDoor.socketPath);
    const neighbour: SessionRef = { taskId: 'NEIGHBOUR', epoch: 1 };
    const bypasses: string[] = [];
    let tries = 0;
    try {
      const holding = [`echo ${CANARY} > /tmp/secret; export SECRET=${CANARY}; exec -a ${CANARY} sleep 15`];
      const started = await neighbours.start(
        requestFor(neighbour, {
          name: 'attempt',
          args: { commands: Array.from({ length: 200 }, () => ['bash', '-c', ...holding]) },
          limits: {},
        }),
      );
      if (!started.started) {
        return { tries: 0, bypasses: [`no sandbox: ${started.reason}`] };
      }
      for (const [index, launch] of launchers.entries()) {
        const session: SessionRef = { taskId: `EVIL${index}`, epoch: 1 };
        const attacks: Try[] = ATTACKS.filter(({ isSweep }) => isSweep !== true || index % SWEEPING === 0).map(
          (attack) => ({ ...attack, command: ['timeout', '10', ...launch(attack.script)] }),
        );
        const commands = attacks.map(({ command }) => command);
        await compute.start(requestFor(session, { name: 'attempt', args: { commands }, limits: {} }));
        const told = (await door.heard()) as { status: number | null; output: string }[];
        await compute.ended(session);
        tries += told.length;
        bypasses.push(
          ...attacks.flatMap(({ what }, at) =>
            told[at]?.status === 0 ? [`${what}, by launcher ${index}: ${told[at]?.output.slice(0, 200)}`] : [],
          ),
        );
      }
      return { tries, bypasses };
    } finally {
      await neighbours.stop(neighbour, { graceMs: 0 });
      await door.close();
      await neighboursDoor.close();
      await planted.remove();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** Secrets of the server in the places around a worker: its environment, its files, and those that all share. */
async function plantCanaries(directory: string): Promise<{ remove: () => Promise<void> }> {
  process.env['TRUST_CANARY'] = CANARY;
  const files = [path.join(directory, 'server-secret'), path.join(tmpdir(), `bosun-trust-${process.pid}`)];
  if (process.getuid?.() === 0) {
    files.push(
      `/dev/shm/bosun-trust-${process.pid}`,
      `/var/tmp/bosun-trust-${process.pid}`,
      `/root/bosun-trust-${process.pid}`,
    );
  }
  await Promise.all(files.map((file) => writeFile(file, CANARY)));
  return {
    async remove() {
      delete process.env['TRUST_CANARY'];
      await Promise.all(files.map((file) => rm(file, { force: true })));
    },
  };
}
