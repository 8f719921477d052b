/** Machines a filter can be made for, by Node's name. */
export type FilteredArch = 'x64' | 'arm64';

/** Numbers of the kernel's errors, which are the same on both. */
export const ERRNO = { EPERM: 1, ENOMEM: 12, EINVAL: 22, ENOSYS: 38, EAFNOSUPPORT: 97 } as const;

/** A system call by its number on each machine; null where it does not exist. */
export interface SystemCall {
  readonly name: string;
  readonly x64: number | null;
  readonly arm64: number | null;
}

/**
 * What no build, test or agent needs, and attackers of kernels do: other namespaces, mounts, keyrings (which outlive a
 * session), programs inside the kernel, modules, other clocks. What programs try and can do without is answered as if the
 * kernel did not have it (`ENOSYS`), so that they take their other way.
 */
export const REFUSED: readonly (SystemCall & { readonly errno: number })[] = [
  ...refuse('EPERM', [
    ['mount', 165, 40],
    ['umount2', 166, 39],
    ['pivot_root', 155, 41],
    ['open_tree', 428, 428],
    ['move_mount', 429, 429],
    ['fsopen', 430, 430],
    ['fsconfig', 431, 431],
    ['fsmount', 432, 432],
    ['fspick', 433, 433],
    ['mount_setattr', 442, 442],
    ['open_tree_attr', 467, 467],
    ['setns', 308, 268],
    ['add_key', 248, 217],
    ['request_key', 249, 218],
    ['keyctl', 250, 219],
    ['bpf', 321, 280],
    ['perf_event_open', 298, 241],
    ['userfaultfd', 323, 282],
    ['kexec_load', 246, 104],
    ['kexec_file_load', 320, 294],
    ['init_module', 175, 105],
    ['finit_module', 313, 273],
    ['delete_module', 176, 106],
    ['open_by_handle_at', 304, 265],
    ['quotactl', 179, 60],
    ['quotactl_fd', 443, 443],
    ['acct', 163, 89],
    ['swapon', 167, 224],
    ['swapoff', 168, 225],
    ['reboot', 169, 142],
    ['settimeofday', 164, 170],
    ['clock_settime', 227, 112],
    ['adjtimex', 159, 171],
    ['clock_adjtime', 305, 266],
    ['syslog', 103, 116],
    ['iopl', 172, null],
    ['ioperm', 173, null],
    ['vhangup', 153, 58],
    ['fanotify_init', 300, 262],
    ['pidfd_getfd', 438, 438],
    ['kcmp', 312, 272],
  ]),
  ...refuse('ENOSYS', [
    // Its flags lie in memory, where a filter cannot look; programs then use clone.
    ['clone3', 435, 435],
    ['io_uring_setup', 425, 425],
    ['io_uring_enter', 426, 426],
    ['io_uring_register', 427, 427],
    ['lookup_dcookie', 212, 18],
    ['nfsservctl', 180, 42],
    ['uselib', 134, null],
    ['modify_ldt', 154, null],
    // Queues of the kernel, which no limit of memory counts where there is no control group.
    ['msgget', 68, 186],
  ]),
];

/** Calls that are refused for some of their arguments only. */
export const CLONE: SystemCall = { name: 'clone', x64: 56, arm64: 220 };
export const UNSHARE: SystemCall = { name: 'unshare', x64: 272, arm64: 97 };
export const SOCKET: SystemCall = { name: 'socket', x64: 41, arm64: 198 };
export const SHMGET: SystemCall = { name: 'shmget', x64: 29, arm64: 194 };
export const IOCTL: SystemCall = { name: 'ioctl', x64: 16, arm64: 29 };

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET; NEWTIME means something else to clone. */
export const NEW_NAMESPACES = 0x7e020000;
export const NEW_TIME = 0x80;
/** AF_UNIX, AF_INET, AF_INET6, and AF_NETLINK, by which programs list their interfaces. No AF_VSOCK, AF_ALG or AF_PACKET. */
export const SOCKET_FAMILIES = [1, 2, 10, 16];
export const NETLINK = 16;
export const SOCK_RAW = 3;
/** Segments of System V outlive the processes that made them, so only small ones, such as PostgreSQL's lock, may be made. */
export const MAX_SEGMENT_BYTES = 65_536;
/** TIOCSTI and TIOCLINUX put characters into a terminal as if somebody had typed them. */
export const REFUSED_IOCTLS = [0x5412, 0x541c];

function refuse(
  error: keyof typeof ERRNO,
  calls: readonly (readonly [string, number | null, number])[] | readonly (readonly [string, number, number | null])[],
): (SystemCall & { errno: number })[] {
  return calls.map(([name, x64, arm64]) => ({ name, x64, arm64, errno: ERRNO[error] }));
}
