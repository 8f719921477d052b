import { z } from 'zod';

/** Image of workers where neither the operator nor the repository names another; built from `worker/Dockerfile`. */
export const DEFAULT_IMAGE = 'bosun-worker';

/** A reference to an image as engines take it: registry, path, tag, digest, or an id. */
export const ImageReference = z
  .string({ error: 'the name of an image' })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,254}$/, {
    error: 'the name of an image, such as python:3.12 or name@sha256:…',
  });

/** Where workers run in containers: `docker:`. */
export const ContainerSection = z.strictObject(
  {
    /** A runtime that the engine knows, such as gVisor's `runsc`. */
    runtime: z
      .string({ error: 'the name of a runtime' })
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/, { error: 'the name of a runtime' })
      .optional(),
    cpus: z.number({ error: 'a number of processors' }).min(0.1, { error: 'at least 0.1' }).max(1_024).optional(),
  },
  { error: 'keys with values' },
);

/** Containers that workers run in. */
export interface ContainerConfig {
  readonly runtime: string | null;
  /** Most processors of one worker; null is all. */
  readonly cpus: number | null;
  /** Image by the name that repositories use; `default` is for those that name none. */
  readonly images: Readonly<Record<string, string>>;
}

/** The image behind a name, or null when the operator named none so. */
export function imageNamed(images: ContainerConfig['images'], name: string | null): string | null {
  const image = Object.hasOwn(images, name ?? 'default') ? images[name ?? 'default'] : undefined;
  return image ?? (name === null || name === 'default' ? DEFAULT_IMAGE : null);
}

/** Whether workers run on other machines, so that they reach the door over the network. */
export function isOnCluster(compute: string): boolean {
  return compute === 'kubernetes';
}

/** Names that repositories may choose from; null where workers do not run in images. */
export function imagesOffered(compute: string, { images }: Pick<ContainerConfig, 'images'>): readonly string[] | null {
  return compute === 'docker' || isOnCluster(compute) ? [...new Set(['default', ...Object.keys(images)])] : null;
}
