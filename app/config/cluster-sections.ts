import { z } from 'zod';
import { ImageReference } from './images-section.ts';

const Cpus = z.number({ error: 'a number of processors' }).min(0.1, { error: 'at least 0.1' }).max(1_024);

/** A name as Kubernetes takes it for its objects. */
function objectName(error: string): z.ZodString {
  return z.string({ error }).regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, { error });
}

/** Where workers run as Jobs of a cluster: `kubernetes:`. */
export const KubernetesSection = z.strictObject(
  {
    /** Of workers, and of nothing else. */
    namespace: objectName('the name of a namespace').default('bosun-workers'),
    /** Bosun's own image, which the worker program is copied from. */
    program: ImageReference.optional(),
    cpus: Cpus.optional(),
    /** A RuntimeClass, such as one for gVisor. */
    runtime: objectName('the name of a RuntimeClass').optional(),
  },
  { error: 'keys with values' },
);

export interface KubernetesConfig {
  readonly namespace: string;
  readonly program: string | null;
  readonly cpus: number | null;
  readonly runtimeClass: string | null;
}

export function readKubernetes(section: z.infer<typeof KubernetesSection>): KubernetesConfig {
  return {
    namespace: section.namespace,
    program: section.program ?? null,
    cpus: section.cpus ?? null,
    runtimeClass: section.runtime ?? null,
  };
}
