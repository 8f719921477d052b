/** A shell script that ends with 0 only when the attack came through. */
export interface Attack {
  readonly what: string;
  readonly script: string;
  /** Reads everything there is, which takes its time. */
  readonly isSweep?: true;
}

/** Where a server, a cloud or a neighbour could be; each as a shell dials it. */
const ROUTES: readonly string[] = [
  '127.0.0.1/22',
  '127.0.0.1/53',
  '127.0.0.1/80',
  '127.0.0.1/443',
  '127.0.0.1/2375',
  '127.0.0.1/3000',
  '127.0.0.1/5432',
  '127.0.0.1/8080',
  '::1/80',
  '::1/5432',
  '::ffff:127.0.0.1/80',
  '0.0.0.0/3000',
  '127.1.2.3/80',
  'localhost/3000',
  '169.254.169.254/80',
  '169.254.170.2/80',
  'fd00:ec2::254/80',
  '100.100.100.200/80',
  '168.63.129.16/80',
  '192.0.0.192/80',
  '10.0.0.1/22',
  '10.0.0.1/443',
  '172.17.0.1/2375',
  '172.17.0.1/80',
  '192.168.0.1/80',
  '192.168.1.1/443',
  'fe80::1/80',
  'fd00::1/80',
  '1.1.1.1/53',
  '1.1.1.1/443',
  '8.8.8.8/53',
  '9.9.9.9/853',
  '140.82.121.4/443',
  '140.82.121.4/22',
  '2606:4700:4700::1111/443',
  '2001:4860:4860::8888/53',
  'github.com/443',
  'api.anthropic.com/443',
  'registry.npmjs.org/443',
  'metadata.google.internal/80',
  'host.docker.internal/80',
];

const DATAGRAMS: readonly string[] = ['1.1.1.1/53', '169.254.169.254/53', '255.255.255.255/67', '224.0.0.251/5353'];

/** By number: families and calls that no build needs, and that were ways out of sandboxes before. */
const FAMILIES: readonly (readonly [string, number, number])[] = [
  ['AF_PACKET', 17, 3],
  ['AF_VSOCK', 40, 1],
  ['AF_ALG', 38, 5],
  ['AF_BLUETOOTH', 31, 3],
  ['AF_XDP', 44, 3],
  ['AF_TIPC', 30, 1],
  ['AF_RDS', 21, 5],
  ['AF_CAN', 29, 3],
  ['raw IPv4', 2, 3],
  ['raw IPv6', 10, 3],
];

const CALLS: readonly (readonly [string, string])[] = [
  ['a keyring', 'syscall(250, 0, -4, 1)'],
  ['a key', 'syscall(248, "user", "x", "y", 1, -3)'],
  ['a program in the kernel', 'syscall(321, 5, 0, 0)'],
  ['io_uring', 'syscall(425, 8, my $p = "\\0" x 120)'],
  ['a page fault handler', 'syscall(323, 0)'],
  ['performance counters', 'syscall(298, my $a = "\\0" x 120, 0, -1, -1, 0)'],
  ['another root', 'syscall(155, "/tmp", "/tmp")'],
  ['a new mount', 'syscall(430, "tmpfs", 0)'],
  ['a module of the kernel', 'syscall(313, 0, "", 0)'],
  ['another clock', 'syscall(227, 0, my $t = "\\0" x 16)'],
  ['the name of the machine', 'syscall(170, "evil", 4)'],
  ['a reboot', 'syscall(169, 0xfee1dead, 672274793, 0, 0)'],
  ['swap', 'syscall(167, "/tmp/x", 0)'],
  ['a handle of a file by number', 'syscall(304, -100, my $h = "\\0" x 64, 0)'],
];

/** Where a secret of the server or of a neighbour could lie; each holds a canary while the suite runs, where it can. */
const PLACES: readonly (readonly [string, string])[] = [
  ['environments of all processes', 'cat /proc/[0-9]*/environ /proc/[0-9]*/task/*/environ'],
  ['arguments of all processes', 'cat /proc/[0-9]*/cmdline'],
  ['open files of all processes', 'for f in /proc/[0-9]*/fd/*; do [ -f "$f" ] && timeout 1 head -c 100000 "$f"; done'],
  ['memory maps', 'cat /proc/[0-9]*/maps'],
  ['files below the home of root', 'find /root -type f -exec cat {} +'],
  ['files below homes', 'find /home -type f -exec cat {} +'],
  ['data of the server', 'find /var/lib -type f -size -200k -exec cat {} +'],
  ['secrets of containers', 'find /run /var/run -type f -size -200k -exec cat {} +'],
  ['temporary files of others', 'find /tmp /var/tmp -path /tmp/loot -prune -o -type f -exec cat {} +'],
  ['shared memory', 'find /dev/shm -type f -exec cat {} +; ipcs -a'],
  ['configuration', 'find /etc -type f -exec cat {} +'],
  ['logs', 'find /var/log -type f -exec cat {} +'],
  ['the log of the kernel', 'dmesg; cat /dev/kmsg /proc/kmsg'],
  ['control groups', 'find /sys/fs/cgroup -type f -name "*.procs" -exec cat {} +'],
  ['sockets of the machine', 'cat /proc/net/unix /proc/net/tcp'],
  ['the job of another', 'find /bosun/job -mindepth 1 -type f ! -name job.json -exec cat {} +'],
  ['sources of the server', 'cat /bosun/code/*'],
  ['caches', 'find /bosun/cache /var/cache -type f -size -200k -exec cat {} +'],
  ['environments that were prepared for others', 'find /bosun/environment -type f -size -200k -exec cat {} +'],
  ['mounts', 'cat /proc/self/mountinfo /proc/mounts'],
];

/** Written so that it does not find itself among the arguments of processes. */
const FIND = 'grep -aq "TRUST_CANAR[Y]_VALUE"';

/** Asks perl to make a call of the kernel; it comes through when the kernel does not refuse it. */
function call(expression: string): string {
  return `perl -e 'exit((${expression}) < 0 ? 1 : 0)'`;
}

export const ATTACKS: readonly Attack[] = [
  ...ROUTES.map((route) => ({ what: `a connection to ${route}`, script: `exec 3<>/dev/tcp/${route}` })),
  ...DATAGRAMS.map((route) => ({ what: `a datagram to ${route}`, script: `echo x >/dev/udp/${route}` })),
  ...FAMILIES.map(([name, family, type]) => ({
    what: `a socket of ${name}`,
    script: call(`syscall(41, ${family}, ${type}, 0)`),
  })),
  ...CALLS.map(([what, expression]) => ({ what, script: call(expression) })),
  ...[
    '--user',
    '--net --user',
    '--mount --user',
    '--pid --user --fork',
    '--ipc --user',
    '--uts --user',
    '--cgroup --user',
  ].map((kind) => ({
    what: `a namespace of its own (${kind})`,
    script: `unshare ${kind} true`,
  })),
  ...PLACES.map(([what, read]) => ({
    what: `a secret in ${what}`,
    script: `{ ${read}; } 2>/dev/null | ${FIND}`,
    isSweep: true as const,
  })),
  ...[
    '/usr/bin/x',
    '/etc/x',
    '/bosun/x',
    '/bosun/code/x',
    '/bosun/bin/x',
    '/bosun/cache/x',
    '/bosun/door/x',
    '/var/x',
    '/x',
    '/proc/sys/kernel/core_pattern',
    '/sys/kernel/x',
  ].map((file) => ({
    what: `a change of ${file}`,
    script: `echo x > ${file}`,
  })),
  { what: 'a mount', script: 'mount -t tmpfs none /tmp' },
  { what: 'a mount over the system', script: 'mount --bind /tmp /usr/bin' },
  { what: 'a lower chance to be killed', script: 'echo 0 >/proc/self/oom_score_adj' },
  { what: 'a higher priority', script: '[ "$(nice -n -5 nice 2>/dev/null)" -lt 0 ]' },
  { what: 'more rights', script: 'grep CapEff /proc/self/status | grep -vq 0000000000000000' },
  { what: 'rights by a program', script: 'cp /bin/true /tmp/t && chmod u+s /tmp/t && chown 0 /tmp/t' },
  { what: 'another user', script: 'setpriv --reuid 0 true || su -c true || sudo -n true' },
  { what: 'processes of others', script: '[ "$(ls -d /proc/[0-9]* | wc -l)" -gt 40 ]' },
  {
    what: 'devices',
    script: '[ -e /dev/sda ] || [ -e /dev/vda ] || [ -e /dev/mem ] || [ -e /dev/kvm ] || [ -e /dev/fuse ]',
  },
  { what: 'a device of its own', script: 'mknod /tmp/d b 8 0' },
  {
    what: 'the socket of an engine',
    script: '[ -S /var/run/docker.sock ] || [ -S /run/podman/podman.sock ] || [ -S /run/containerd/containerd.sock ]',
  },
  {
    what: 'files it did not open',
    script:
      'for f in /proc/self/fd/*; do case "$(readlink "$f")" in /dev/null|pipe:*|socket:*|/proc/*|/tmp/*|"") ;; *) exit 0;; esac; done; exit 1',
  },
];
