/**
 * The artifacts port: what a task leaves behind that is too large for a row (prompts, logs, patches). Keys are
 * `<task id>/<epoch>/<name>` and are built by `artifactKey`; a put of the same key replaces it, durably, before it
 * resolves. A key is either put or appended to, never both. A store that does not answer rejects with `ServiceUnavailable`.
 */
export interface Artifacts {
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Adds to the end; used for logs. At most `maxBytes` are kept, then one marker line is written and the rest dropped. */
  append(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | null>;
  list(prefix: string): Promise<string[]>;
  remove(prefix: string): Promise<void>;
}

export const ARTIFACT_NAMES = [
  'prompt.json',
  'worker.log',
  'agent.log',
  'setup.log',
  'verify.log',
  'changes.patch',
  'gate.json',
  'conversation.bin',
] as const;
export type ArtifactName = (typeof ARTIFACT_NAMES)[number];

export function artifactKey(at: { taskId: string; epoch: number }, name: ArtifactName): string {
  return `${at.taskId}/${at.epoch}/${name}`;
}

/** The report file that a check wrote, at a commit and a try. */
export function reportKey(
  at: { taskId: string; epoch: number },
  run: { commit: string; name: string; try: number },
): string {
  return `${at.taskId}/${at.epoch}/report-${run.commit.slice(0, 12)}-${run.try}-${run.name}`;
}
