/** A request to the engine that failed, as dockerode reports it. */
interface EngineError extends NodeJS.ErrnoException {
  readonly statusCode?: number;
  readonly json?: { readonly message?: string } | string | null;
}

const GONE = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'ENOTCONN', 'UND_ERR_SOCKET'];

/** The engine itself did not answer, so that nothing is known about what was asked. */
export function isUnavailable(error: unknown): boolean {
  const { code, statusCode, message } = error as EngineError;
  return statusCode === undefined && (GONE.includes(code ?? '') || /socket hang up|aborted/.test(message ?? ''));
}

/** There is no container, image or volume of that name. */
export function isMissing(error: unknown): boolean {
  return (error as EngineError).statusCode === 404;
}

/** The container was not running, or it ran already. */
export function isInThatState(error: unknown): boolean {
  const { statusCode } = error as EngineError;
  const said = reasonOf(error);
  // Podman answers 500 where Docker answers 409
  return (
    statusCode === 304 ||
    (statusCode === 409 && /not running|is already/i.test(said)) ||
    (statusCode === 500 && /can only kill running|state improper/i.test(said))
  );
}

/** Docker answers 409 to a name in use, Podman 500. */
export function isNameInUse(error: unknown): boolean {
  const { statusCode } = error as EngineError;
  return (statusCode === 409 || statusCode === 500) && /name .*already in use|already in use by/i.test(reasonOf(error));
}

/** What the engine said, in one line. */
export function reasonOf(error: unknown): string {
  const { json, message } = error as EngineError;
  const said = typeof json === 'object' && json !== null ? json.message : json;
  return (said ?? message ?? String(error)).trim().split('\n')[0] ?? '';
}

/** What is wrong and what to do, from what the engine answered to the start of a worker. */
export function explainEngine(
  error: unknown,
  given: { socketPath: string; image: string },
): { reason: string; remedy: string } {
  const { code } = error as EngineError;
  const said = reasonOf(error);
  if (code === 'EACCES' || code === 'EPERM') {
    return {
      reason: `this user may not use the container engine at ${given.socketPath}`,
      remedy:
        'Add the user to the group that owns the socket (`usermod --append --groups docker bosun`) and log in again.',
    };
  }
  if (isUnavailable(error)) {
    return {
      reason: `no container engine answers at ${given.socketPath} (${code ?? said})`,
      remedy:
        'Start it (`systemctl start docker`, or `podman system service --time 0`), or set DOCKER_HOST to its socket.',
    };
  }
  if (isNameInUse(error)) {
    return {
      reason: `another container has the name of this session: ${said}`,
      remedy: 'Remove that container (`docker rm --force NAME`), then `/retry`.',
    };
  }
  if (/docker-init|init binary|catatonit/i.test(said)) {
    return {
      reason: `the container engine has no init program: ${said}`,
      remedy: 'Install `tini` (Docker of Debian and Ubuntu) or `catatonit` (Podman).',
    };
  }
  if (/unknown or invalid runtime|unknown runtime|runtime .* not found|default OCI runtime/i.test(said)) {
    return {
      reason: `the container engine does not have the runtime that \`docker.runtime\` of BOSUN_CONFIG names: ${said}`,
      remedy: 'Register it with the engine (`runtimes` in /etc/docker/daemon.json), or take the key out.',
    };
  }
  if (/bind source path does not exist|statfs .*no such file|error mounting|mount.*permission denied/i.test(said)) {
    return {
      reason: `the container engine cannot mount a directory of Bosun: ${said}`,
      remedy:
        'Bosun and the engine have to see the same files: run both on one machine, and where Bosun itself runs in a container, mount BOSUN_DATA_DIR and its program at the same paths as on the host.',
    };
  }
  return {
    reason: `the container engine did not start the worker: ${said}`,
    remedy: `Run \`bosun doctor --image ${given.image}\` on the server; the engine's own log may say more.`,
  };
}
