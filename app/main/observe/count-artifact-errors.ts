import type { Artifacts } from '../../store/artifacts.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** The same artifacts, whose failures are counted by operation. */
export function countArtifactErrors(artifacts: Artifacts, metrics: Pick<Metrics, 'artifactFailed'>): Artifacts {
  async function watch<T>(operation: keyof Artifacts, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      metrics.artifactFailed(operation);
      throw error;
    }
  }
  return {
    put: (key, bytes) => watch('put', artifacts.put(key, bytes)),
    append: (key, bytes) => watch('append', artifacts.append(key, bytes)),
    get: (key) => watch('get', artifacts.get(key)),
    list: (prefix) => watch('list', artifacts.list(prefix)),
    remove: (prefix) => watch('remove', artifacts.remove(prefix)),
  };
}
