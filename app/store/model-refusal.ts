import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { KeyStore } from './stores.ts';

const FACT = 'model-refusal';

/** The provider refuses the key of this server: no attempt can begin before it takes one. One row for all processes. */
export const ModelRefusal = z.object({
  since: z.coerce.date(),
  status: z.number().int().nullable(),
  /** Fingerprint of the key that was refused; another key is a reason to continue at once. */
  key: z.string(),
  probes: z.number().int().min(0),
  probeAt: z.coerce.date(),
});
export type ModelRefusal = z.infer<typeof ModelRefusal>;

type Facts = Pick<KeyStore, 'read' | 'write'>;

/** The refusal that stands, or null. */
export async function readModelRefusal(keys: Pick<Facts, 'read'>): Promise<ModelRefusal | null> {
  const text = await keys.read(FACT);
  return text === null || text === '' ? null : ModelRefusal.parse(JSON.parse(text));
}

export async function writeModelRefusal(keys: Pick<Facts, 'write'>, refusal: ModelRefusal | null): Promise<void> {
  await keys.write(FACT, refusal === null ? '' : JSON.stringify(refusal));
}

export function fingerprintOf(apiKey: string): string {
  return createHash('sha256').update(apiKey).digest('hex').slice(0, 16);
}

/** The sentence that people see everywhere: what happened, what it means, what to do. */
export function describeModelRefusal({ status, since }: ModelRefusal): string {
  const answer = status === null ? '' : ` (status ${status})`;
  return (
    `The model provider refuses the key of this server${answer} since ${since.toISOString().slice(0, 16)}Z. ` +
    'No task starts until the operator sets a working key (`bosun doctor` checks it); tasks then continue automatically.'
  );
}
