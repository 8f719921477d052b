import { bytes, directories, oneOf, unixSocket, wholeNumber } from './read/readers.ts';
import { setting } from './setting.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

const known = oneOf(['sandbox', 'docker', 'kubernetes', 'process']);

/** Names the ways that this version has, because others are planned and described. */
const compute: typeof known = {
  ...known,
  read: (text) => {
    const read = known.read(text);
    return read.ok ? read : { ok: false, expected: `${known.type} (this version runs workers in no other way)` };
  },
};

/** Where workers run, and what each may use. */
export const WORKER_SETTINGS = {
  BOSUN_COMPUTE: setting('BOSUN_COMPUTE', compute, {
    group: 'Worker',
    description:
      'Where workers run: in a `sandbox` of this machine, in containers of a Docker or Podman engine (see [Workers in containers](docker.md)), or as Jobs of a Kubernetes cluster (see [Workers on Kubernetes](kubernetes.md)). `process` has no isolation: only for repositories and people you trust.',
    fallback: 'sandbox',
    example: 'sandbox',
  }),
  DOCKER_HOST: setting('DOCKER_HOST', unixSocket(), {
    group: 'Worker',
    description: 'The socket of the container engine, for `BOSUN_COMPUTE=docker`.',
    fallback: 'unix:///var/run/docker.sock',
    example: 'unix:///run/podman/podman.sock',
  }),
  BOSUN_WORKER_MEMORY: setting(
    'BOSUN_WORKER_MEMORY',
    bytes({ min: 2 * GIB, max: 1024 * GIB, shown: 'at least `2g`' }),
    {
      group: 'Worker',
      description: 'Address space of each process of a worker. Node does not start with less than 2 GiB.',
      fallback: '8g',
      example: '16g',
    },
  ),
  BOSUN_WORKER_PROCESSES: setting('BOSUN_WORKER_PROCESSES', wholeNumber({ min: 16, max: 100_000 }), {
    group: 'Worker',
    description: 'Processes and threads one worker may have.',
    fallback: '512',
    example: '1024',
  }),
  BOSUN_WORKER_FILE_SIZE: setting(
    'BOSUN_WORKER_FILE_SIZE',
    bytes({ min: MIB, max: 1024 * GIB, shown: 'at least `1m`' }),
    {
      group: 'Worker',
      description: 'The largest file a worker may write.',
      fallback: '2g',
      example: '4g',
    },
  ),
  BOSUN_WORKER_OUTPUT: setting(
    'BOSUN_WORKER_OUTPUT',
    bytes({ min: 64 * 1024, max: GIB, shown: 'from `64k` to `1g`' }),
    {
      group: 'Worker',
      description: 'How much of a worker’s output is kept.',
      fallback: '1m',
      example: '4m',
    },
  ),
  BOSUN_LFS_SIZE: setting('BOSUN_LFS_SIZE', bytes({ min: MIB, max: 1024 * GIB, shown: 'at least `1m`' }), {
    group: 'Worker',
    description:
      'The most that the files of Git LFS of one checkout may have together, where a repository asks for them (`checkout: {lfs: true}`).',
    fallback: '2g',
    example: '10g',
  }),
  BOSUN_WORKER_DISK: setting('BOSUN_WORKER_DISK', bytes({ min: 64 * MIB, max: 1024 * GIB, shown: 'at least `64m`' }), {
    group: 'Worker',
    description: 'How much a worker may write: its checkout, what set-up installs, its home and temporary files.',
    fallback: '10g',
    example: '20g',
  }),
  BOSUN_WORKER_PATHS: setting('BOSUN_WORKER_PATHS', directories(), {
    group: 'Worker',
    description:
      'Directories with tools outside `/usr` that a worker in a sandbox may read, separated by colons: a version of nvm or pyenv, a toolchain of rustup, a directory into which npm installed a coding agent. Their `bin`, or `node_modules/.bin`, comes first on the search path.',
    example: '/home/bosun/.nvm/versions/node/v22.11.0:/home/bosun/.rustup/toolchains/stable-x86_64-unknown-linux-gnu',
  }),
} as const;
