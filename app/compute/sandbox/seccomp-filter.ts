import {
  CLONE,
  ERRNO,
  type FilteredArch,
  IOCTL,
  MAX_SEGMENT_BYTES,
  NETLINK,
  NEW_NAMESPACES,
  NEW_TIME,
  REFUSED,
  REFUSED_IOCTLS,
  SHMGET,
  SOCKET,
  SOCKET_FAMILIES,
  SOCK_RAW,
  type SystemCall,
  UNSHARE,
} from './seccomp-table.ts';

/** One instruction of classic BPF, as `struct sock_filter`. */
interface Instruction {
  readonly code: number;
  readonly whenTrue: number;
  readonly whenFalse: number;
  readonly value: number;
}

const AUDIT_ARCH: Record<FilteredArch, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };
/** Numbers from here on are those of x32, a second table of calls on the same machine. */
const X32_BIT = 0x40000000;
const ALLOW = 0x7fff0000;
const REFUSE = 0x00050000;
/** Places in `struct seccomp_data`. */
const AT_NUMBER = 0;
const AT_ARCH = 4;
const SOCK_TYPE_MASK = 0xf;

/** The filter for a machine as bubblewrap takes it; null for machines without a table. */
export function buildSeccompFilter(arch: string): Buffer | null {
  if (arch !== 'x64' && arch !== 'arm64') {
    return null;
  }
  const program = [
    load(AT_ARCH),
    ...unlessEqual(AUDIT_ARCH[arch], [refuse(ERRNO.EPERM)]),
    load(AT_NUMBER),
    ...(arch === 'x64' ? whenAtLeast(X32_BIT, [refuse(ERRNO.ENOSYS)]) : []),
    ...REFUSED.flatMap((call) => on(call, arch, [refuse(call.errno)])),
    ...on(CLONE, arch, [loadArgument(0), ...whenAnyBit(NEW_NAMESPACES, [refuse(ERRNO.EPERM)]), allow()]),
    ...on(UNSHARE, arch, [
      loadArgument(0),
      // As an unsigned number: the highest bits are flags too
      ...whenAnyBit((NEW_NAMESPACES | NEW_TIME) >>> 0, [refuse(ERRNO.EPERM)]),
      allow(),
    ]),
    ...on(SOCKET, arch, judgeSocket()),
    ...on(SHMGET, arch, [
      loadArgument(1, 'high'),
      ...unlessEqual(0, [refuse(ERRNO.ENOMEM)]),
      loadArgument(1),
      ...whenAtLeast(MAX_SEGMENT_BYTES + 1, [refuse(ERRNO.ENOMEM)]),
      allow(),
    ]),
    ...on(IOCTL, arch, [
      loadArgument(1),
      ...REFUSED_IOCTLS.flatMap((request) => whenEqual(request, [refuse(ERRNO.EPERM)])),
      allow(),
    ]),
    allow(),
  ];
  return encode(program);
}

/** Families that are known, and no raw sockets but those of netlink, which are all of that type. */
function judgeSocket(): Instruction[] {
  return [
    loadArgument(0),
    ...whenEqual(NETLINK, [allow()]),
    ...SOCKET_FAMILIES.filter((family) => family !== NETLINK).flatMap((family) =>
      whenEqual(family, [
        loadArgument(1),
        { code: 0x54, whenTrue: 0, whenFalse: 0, value: SOCK_TYPE_MASK },
        ...whenEqual(SOCK_RAW, [refuse(ERRNO.EPERM)]),
        allow(),
      ]),
    ),
    refuse(ERRNO.EAFNOSUPPORT),
  ];
}

function on(call: SystemCall, arch: FilteredArch, then: readonly Instruction[]): Instruction[] {
  const number = call[arch];
  return number === null ? [] : whenEqual(number, then);
}

function load(offset: number): Instruction {
  return { code: 0x20, whenTrue: 0, whenFalse: 0, value: offset };
}

/** One half of an argument; all machines of the table keep the low half first. */
function loadArgument(index: number, half: 'low' | 'high' = 'low'): Instruction {
  return load(16 + 8 * index + (half === 'low' ? 0 : 4));
}

function whenEqual(value: number, then: readonly Instruction[]): Instruction[] {
  return [{ code: 0x15, whenTrue: 0, whenFalse: then.length, value }, ...then];
}

function unlessEqual(value: number, then: readonly Instruction[]): Instruction[] {
  return [{ code: 0x15, whenTrue: then.length, whenFalse: 0, value }, ...then];
}

function whenAtLeast(value: number, then: readonly Instruction[]): Instruction[] {
  return [{ code: 0x35, whenTrue: 0, whenFalse: then.length, value }, ...then];
}

function whenAnyBit(value: number, then: readonly Instruction[]): Instruction[] {
  return [{ code: 0x45, whenTrue: 0, whenFalse: then.length, value }, ...then];
}

function allow(): Instruction {
  return { code: 0x06, whenTrue: 0, whenFalse: 0, value: ALLOW };
}

function refuse(errno: number): Instruction {
  return { code: 0x06, whenTrue: 0, whenFalse: 0, value: REFUSE | errno };
}

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, value, whenFalse, whenTrue }] of program.entries()) {
    if (whenTrue > 255 || whenFalse > 255) {
      throw new RangeError('a jump of the filter is too far');
    }
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(whenTrue, index * 8 + 2);
    bytes.writeUInt8(whenFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  }
  return bytes;
}
