import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { PackagesConfig, RegistryConfig } from '../../../app/config/packages-config.ts';
import { createPackagesPort } from '../../../app/door/packages/create-packages-port.ts';
import type { PackagesOptions } from '../../../app/door/packages/create-packages-port.ts';
import type { DoorLimits } from '../../../app/door/door-limits.ts';
import { DOOR_PATHS, PACKAGE_TYPES } from '../../../protocol/index.ts';
import { openDoor } from '../open-door.ts';
import type { OpenDoor } from '../open-door.ts';
import { TOKEN } from '../attempt-world.ts';

export interface OpenMirror extends OpenDoor {
  readonly cacheDirectory: string;
  get(path: string, init?: { method?: string; headers?: Record<string, string> }): Promise<Response>;
  /** Sends bytes as they are, for requests that no client would write. */
  raw(head: string): Promise<string>;
  closePackages(): void;
}

/** A registry at another address than the built-in one. */
export function registryAt(
  type: RegistryConfig['type'],
  url: string | null,
  more: Partial<RegistryConfig> = {},
): RegistryConfig {
  return { name: type, type, url, hosts: {}, names: [], only: null, authorization: null, ...more };
}

/** A door with package mirrors, open for its one attempt. */
export async function openMirror(
  setup: {
    registries?: readonly RegistryConfig[];
    builtIn?: PackagesConfig['builtIn'];
    cacheBytes?: number;
    cacheDirectory?: string;
    packages?: NonNullable<PackagesOptions['limits']>;
    limits?: Partial<DoorLimits>;
    now?: () => Date;
  } = {},
): Promise<OpenMirror> {
  const cacheDirectory = setup.cacheDirectory ?? (await makeDirectory());
  let access: 'open' | 'closed' = 'open';
  const logged: string[] = [];
  function note(message: string, fields: object = {}): void {
    logged.push(`${JSON.stringify(fields)} ${message}`);
  }
  const packages = await createPackagesPort({
    config: { builtIn: setup.builtIn ?? PACKAGE_TYPES, registries: setup.registries ?? [] },
    directory: cacheDirectory,
    cacheBytes: setup.cacheBytes ?? 1024 ** 3,
    mayUsePackages: () => access,
    now: setup.now ?? (() => new Date()),
    log: { info: note, warn: note, error: note },
    ...(setup.packages === undefined ? {} : { limits: setup.packages }),
  });
  const door = await openDoor({ packages, ...(setup.limits === undefined ? {} : { limits: setup.limits }) });
  const { port } = new URL(door.url);
  return {
    ...door,
    logged,
    cacheDirectory,
    get: (below, { method = 'GET', headers = {} } = {}) =>
      fetch(`${door.url}${DOOR_PATHS.packages}/${below}`, {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      }),
    raw: (head) =>
      new Promise((resolve, reject) => {
        let text = '';
        const socket = connect(Number(port), '127.0.0.1', () => socket.end(head));
        socket.setEncoding('utf8').on('data', (chunk) => (text += String(chunk)));
        socket.once('close', () => resolve(text)).once('error', reject);
      }),
    closePackages: () => {
      access = 'closed';
    },
  };
}

export async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-packages-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
