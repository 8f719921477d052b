import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSandboxCompute } from '../../../app/compute/sandbox-compute.ts';
import { QUIET } from '../../compute/quiet.ts';
import { FIXTURE_ENTRY, requestFor } from '../../compute/request-for.ts';
import { startListener } from '../../compute/start-listener.ts';
import type { Suite } from '../suite.ts';

interface Attack {
  readonly what: string;
  /** Run in a real session; exits with 0 only when it came through. */
  readonly command: readonly string[];
}

const ADDRESSES = [
  '1.1.1.1 53',
  '169.254.169.254 80',
  '10.0.0.1 22',
  '192.168.0.1 80',
  '127.0.0.1 3000',
  '127.0.0.1 5432',
];

const ATTACKS: readonly Attack[] = [
  ...ADDRESSES.map((address) => {
    const [host = '', port = ''] = address.split(' ');
    return { what: `a route to ${address}`, command: bash(`exec 3<>/dev/tcp/${host}/${port}`) };
  }),
  { what: 'a packet to a name server', command: bash('echo x >/dev/udp/1.1.1.1/53') },
  ...['AF_VSOCK 40', 'AF_ALG 38', 'AF_PACKET 17', 'AF_BLUETOOTH 31', 'AF_XDP 44'].map((family) => ({
    what: `a socket of ${family.split(' ')[0] ?? ''}`,
    command: perl(`exit(syscall(41, ${family.split(' ')[1] ?? ''}, 1, 0) < 0)`),
  })),
  ...['--user', '--net --user', '--mount --user', '--pid --user', '--ipc --user'].map((kind) => ({
    what: `a namespace of its own (${kind})`,
    command: bash(`unshare ${kind} true`),
  })),
  { what: 'a mount', command: bash('mount -t tmpfs none /tmp') },
  { what: 'a keyring', command: perl('exit(syscall(250, 0, -4, 1) < 0)') },
  { what: 'a program in the kernel', command: perl('exit(syscall(321, 0, 0, 0) < 0 && $! == 1)') },
  { what: 'a lower chance to be killed', command: bash('echo 0 >/proc/self/oom_score_adj') },
  { what: 'the environment of the server', command: bash('grep -qs TRUST_CANARY /proc/[0-9]*/environ') },
  { what: 'the files of root', command: bash('ls /root /home /var/lib/bosun 2>/dev/null | grep -q .') },
  { what: 'a change to the system', command: bash('touch /usr/bin/x || touch /etc/x || touch /bosun/code/x') },
  { what: 'more rights', command: bash('grep CapEff /proc/self/status | grep -vq 0000000000000000') },
  { what: 'processes of others', command: bash('[ "$(ls -d /proc/[0-9]* | wc -l)" -gt 30 ]') },
  { what: 'devices', command: bash('[ -e /dev/sda ] || [ -e /dev/kmsg ] || [ -e /dev/mem ] || [ -e /dev/kvm ]') },
];

function bash(script: string): string[] {
  return ['timeout', '5', 'bash', '-c', script];
}

function perl(script: string): string[] {
  return ['perl', '-e', script];
}

export const evilWorker: Suite = {
  name: 'evil worker',
  claim: 'A worker that is taken over has no route out, no other rights and sees nothing of its neighbours',
  async run() {
    process.env['TRUST_CANARY'] = 'canary';
    const directory = await mkdtemp(path.join(tmpdir(), 'bosun-trust-'));
    const door = await startListener();
    try {
      const compute = createSandboxCompute({
        directory,
        doorSocketPath: door.socketPath,
        workerEntry: FIXTURE_ENTRY,
        nodePath: process.execPath,
        compile: 'each time',
        log: QUIET,
      });
      const session = { taskId: 'EVIL', epoch: 1 };
      const commands = ATTACKS.map(({ command }) => command);
      const started = await compute.start(requestFor(session, { name: 'attempt', args: { commands }, limits: {} }));
      if (!started.started) {
        return { tries: 0, bypasses: [`no sandbox: ${started.reason}`] };
      }
      const told = (await door.heard()) as unknown as { status: number | null; output: string }[];
      await compute.ended(session);
      const bypasses = ATTACKS.flatMap(({ what }, at) => (told[at]?.status === 0 ? [what] : []));
      return { tries: ATTACKS.length, bypasses };
    } finally {
      await door.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};
