import { describe, expect, test } from 'vitest';
import { buildSeccompFilter } from '../../app/compute/sandbox/seccomp-filter.ts';
import { ERRNO, REFUSED } from '../../app/compute/sandbox/seccomp-table.ts';

const ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 };
type Arch = keyof typeof ARCH;

/** What the kernel would answer: 0 for leave, else the number of the error. Runs the program as the kernel does. */
function judge(arch: Arch, number: number, args: readonly bigint[] = [], machine = ARCH[arch]): number {
  const program = buildSeccompFilter(arch)!;
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(machine, 4);
  args.forEach((value, index) => data.writeBigUInt64LE(BigInt.asUintN(64, value), 16 + 8 * index));
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; at += 1) {
    const code = program.readUInt16LE(at * 8);
    const value = program.readUInt32LE(at * 8 + 4);
    const [whenTrue, whenFalse] = [program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3)];
    switch (code) {
      case 0x20:
        accumulator = data.readUInt32LE(value);
        break;
      case 0x54:
        accumulator = (accumulator & value) >>> 0;
        break;
      case 0x15:
        at += accumulator === value ? whenTrue : whenFalse;
        break;
      case 0x35:
        at += accumulator >= value ? whenTrue : whenFalse;
        break;
      case 0x45:
        at += (accumulator & value) !== 0 ? whenTrue : whenFalse;
        break;
      case 0x06:
        return value === 0x7fff0000 ? 0 : value & 0xffff;
      default:
        throw new Error(`instruction ${code}`);
    }
  }
  throw new Error('the program has no end');
}

describe.each(['x64', 'arm64'] as const)('the filter for %s', (arch) => {
  const numbers =
    arch === 'x64'
      ? { read: 0, clone: 56, unshare: 272, socket: 41, shmget: 29, ioctl: 16 }
      : { read: 63, clone: 220, unshare: 97, socket: 198, shmget: 194, ioctl: 29 };

  test('refuses all that the table names, and ends', () => {
    for (const call of REFUSED) {
      const number = call[arch];
      if (number !== null) {
        expect([call.name, judge(arch, number)]).toEqual([call.name, call.errno]);
      }
    }
    expect(buildSeccompFilter(arch)!.length / 8).toBeLessThan(4_096);
  });

  test.each<[string, keyof typeof numbers, bigint[], number]>([
    ['reading', 'read', [], 0],
    ['a thread', 'clone', [0x3d0f00n], 0],
    ['a child', 'clone', [17n], 0],
    ['a user namespace', 'clone', [0x10000011n], ERRNO.EPERM],
    ['a network namespace', 'clone', [0x40000000n], ERRNO.EPERM],
    ['a mount namespace among other flags', 'clone', [0x3f0f00n], ERRNO.EPERM],
    ['descriptors of its own', 'unshare', [0x400n], 0],
    ['another user namespace', 'unshare', [0x10000000n], ERRNO.EPERM],
    ['another time', 'unshare', [0x80n], ERRNO.EPERM],
    ['a socket of the machine', 'socket', [1n, 1n], 0],
    ['a stream', 'socket', [2n, 0x80001n], 0],
    ['a stream of IPv6', 'socket', [10n, 1n], 0],
    ['a list of interfaces', 'socket', [16n, 0x80003n], 0],
    ['a raw socket', 'socket', [2n, 3n], ERRNO.EPERM],
    ['a raw socket with flags', 'socket', [10n, 0x80803n], ERRNO.EPERM],
    ['a socket to the host of a virtual machine', 'socket', [40n, 1n], ERRNO.EAFNOSUPPORT],
    ['the cipher of the kernel', 'socket', [38n, 5n], ERRNO.EAFNOSUPPORT],
    ['packets', 'socket', [17n, 3n], ERRNO.EAFNOSUPPORT],
    ['a small segment', 'shmget', [0n, 56n], 0],
    ['a large segment', 'shmget', [0n, 65_537n], ERRNO.ENOMEM],
    ['a huge segment', 'shmget', [0n, 1n << 33n], ERRNO.ENOMEM],
    ['a size of the terminal', 'ioctl', [0n, 0x5413n], 0],
    ['typing into a terminal', 'ioctl', [0n, 0x5412n], ERRNO.EPERM],
    ['typing with other high bits', 'ioctl', [0n, 0xffff_ffff_0000_5412n], ERRNO.EPERM],
  ])('%s', (_what, call, args, expected) => {
    expect(judge(arch, numbers[call], args)).toBe(expected);
  });

  test('refuses calls of another machine', () => {
    expect(judge(arch, numbers.read, [], 0x40000003)).toBe(ERRNO.EPERM);
  });
});

test('the second table of calls on x64 is refused', () => {
  expect(judge('x64', 0x40000000 + 272)).toBe(ERRNO.ENOSYS);
});

test('there is no filter for machines without a table', () => {
  expect(buildSeccompFilter('riscv64')).toBeNull();
});
