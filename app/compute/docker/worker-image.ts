import type Dockerode from 'dockerode';
import path from 'node:path';
import { INSIDE } from '../sandbox/sandbox-arguments.ts';
import { isMissing, reasonOf } from './engine-errors.ts';

/** An image of this engine, as far as a worker is concerned. */
export interface WorkerImage {
  /** Pins what was looked at: a name may lead to another image a moment later. */
  readonly id: string;
  readonly name: string;
  /** Search path that the image sets. */
  readonly searchPath: string | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
}

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where a worker finds programs. Bosun's own Node comes last: the image's, if it has one, is the repository's. */
export function searchPathOf(image: WorkerImage): string {
  return `${image.searchPath ?? SYSTEM_PATH}:${path.dirname(INSIDE.node)}`;
}

export type FoundImage =
  | { readonly found: true; readonly image: WorkerImage }
  | { readonly found: false; readonly reason: string; readonly remedy: string };

/** Looks an image up where the engine keeps it. It is never pulled: what runs workers is fetched by the operator. */
export async function findImage(engine: Dockerode, name: string): Promise<FoundImage> {
  try {
    const { Id, Config } = await engine.getImage(name).inspect();
    const environment = Object.fromEntries(
      (Config?.Env ?? []).map((entry) => {
        const at = entry.indexOf('=');
        return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
      }),
    );
    const searchPath = environment['PATH'] ?? null;
    return {
      found: true,
      image: { id: Id, name, searchPath, environment, volumes: Object.keys(Config?.Volumes ?? {}) },
    };
  } catch (error) {
    if (isMissing(error) || /invalid reference format|no such image|image not known/i.test(reasonOf(error))) {
      return {
        found: false,
        reason: `the container engine has no image \`${name}\``,
        remedy: `Build it or fetch it with \`docker pull ${name}\`; images are named under \`images\` in BOSUN_CONFIG.`,
      };
    }
    throw error;
  }
}
