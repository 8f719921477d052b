import { takeStart } from '../../../protocol/index.ts';

/** A request that failed: an answer of the API server, or none at all. */
interface ClusterError extends NodeJS.ErrnoException {
  readonly code?: string;
  readonly body?: unknown;
  readonly cause?: unknown;
}

/** HTTP status of an answer; null when there was none. */
export function statusOf(error: unknown): number | null {
  const code: unknown = (error as { code?: unknown }).code;
  const status: unknown = typeof code === 'number' ? code : (error as { statusCode?: unknown }).statusCode;
  return typeof status === 'number' ? status : null;
}

/** The API server did not answer, or is not able to for now. */
export function isUnavailable(error: unknown): boolean {
  const status = statusOf(error);
  return status === null ? isConnectionError(error) : status === 429 || status >= 500;
}

function isConnectionError(error: unknown): boolean {
  const { cause, code, message, name } = error as ClusterError;
  return (
    typeof code === 'string' ||
    name === 'TimeoutError' ||
    name === 'AbortError' ||
    /fetch failed|terminated|socket hang up/.test(message) ||
    (cause instanceof Error && isConnectionError(cause))
  );
}

export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404;
}

export function isConflict(error: unknown): boolean {
  return statusOf(error) === 409;
}

/** What the API server said, in one line. */
export function reasonOf(error: unknown): string {
  const { body, cause, message } = error as ClusterError;
  const status = typeof body === 'string' ? parseStatus(body) : (body as { message?: string } | undefined);
  const said =
    status?.message ?? (cause instanceof Error ? cause.message || (cause as ClusterError).code : null) ?? message;
  return takeStart(said.trim().split('\n')[0] ?? '', 500);
}

function parseStatus(body: string): { message?: string } {
  try {
    return JSON.parse(body) as { message?: string };
  } catch {
    return { message: body };
  }
}

/** What is wrong and what to do, from what the API server answered to the start of a worker. */
export function explainCluster(
  error: unknown,
  given: { server: string; namespace: string },
): { started: false; reason: string; remedy: string; isOutage?: true } {
  const status = statusOf(error);
  const said = reasonOf(error);
  if (status === 401) {
    return {
      started: false,
      reason: `the Kubernetes API server at ${given.server} does not accept Bosun's credentials: ${said}`,
      remedy: 'Check the service account of Bosun, or the file that KUBECONFIG names.',
    };
  }
  if (status === 403) {
    const isQuota = /exceeded quota/.test(said);
    return {
      started: false,
      reason: `the cluster refused the worker: ${said}`,
      remedy: isQuota
        ? `The quota of the namespace ${given.namespace} is used up; raise it, or lower BOSUN_CONCURRENCY.`
        : `Give Bosun the rights of deploy/kubernetes-jobs/worker-namespace.yaml in the namespace ${given.namespace}.`,
      ...(isQuota ? { isOutage: true as const } : {}),
    };
  }
  if (status === 404) {
    return {
      started: false,
      reason: `the cluster does not have what a worker needs: ${said}`,
      remedy: `Create the namespace ${given.namespace} (\`kubectl apply --kustomize deploy/kubernetes-jobs\`), or name another in BOSUN_CONFIG.`,
    };
  }
  if (isUnavailable(error)) {
    return {
      started: false,
      reason: `the Kubernetes API server at ${given.server} does not answer (${status ?? said})`,
      remedy: 'Check the API server and the network between it and Bosun.',
      isOutage: true,
    };
  }
  return {
    started: false,
    reason: `the cluster did not accept the worker: ${said}`,
    remedy: 'Run `bosun doctor` on the server; the events of the namespace may say more.',
  };
}
