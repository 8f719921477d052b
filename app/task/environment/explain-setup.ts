/** What is known of a set-up that failed. */
export interface SetupFailure {
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  /** The end of what the command printed. */
  readonly output: string;
  /** The end of what the session itself printed, which says when a limit ended it. */
  readonly sessionOutput: string;
  readonly outOfMemory: boolean;
  /** Where the worker's programs come from: this machine, unless it runs in an image. */
  readonly toolsFrom?: 'host' | 'image';
}

const OTHER_VERSION = {
  host: 'the repository needs another version of a tool than the worker has. The operator can add it with `BOSUN_WORKER_PATHS`; `bosun doctor --repo` shows what a worker finds.',
  image:
    'the repository needs another version of a tool than the image of the worker has. Choose another image with `image` in `.github/bosun.yml`.',
} as const;
const ONLY_SEES = {
  host: 'the worker sees only /usr and `BOSUN_WORKER_PATHS`.',
  image: 'the worker sees only what is in its image. Choose another with `image` in `.github/bosun.yml`.',
} as const;

/** Said by tools of many languages; the first that fits is the likely cause. */
const CAUSES: readonly [RegExp, string][] = [
  [
    /no space left on device|ENOSPC|disk quota exceeded|EDQUOT|\[stopped: the worker wrote more/i,
    'the disk space of the worker was used up. The operator can raise `BOSUN_WORKER_DISK`.',
  ],
  [
    /\[stopped: the worker ran more than|fork: (retry: )?resource temporarily unavailable|cannot fork|EAGAIN.*(fork|spawn)|(fork|spawn).*EAGAIN/i,
    'it started more processes than a worker may have. The operator can raise `BOSUN_WORKER_PROCESSES`.',
  ],
  [
    /in sync|EUSAGE|ERR_PNPM_OUTDATED_LOCKFILE|frozen-lockfile|lockfile (needs to be updated|would have been modified|is out of date)|YN0028|--locked was passed|lock file .*needs to be updated|pyproject\.toml changed significantly|The gemspecs? for .* changed|Gemfile\.lock.*(frozen|deployment)/i,
    'the lock file does not match the manifest. Update the lock file, commit it and try again.',
  ],
  [
    /EINTEGRITY|integrity (check|checksum) failed|checksum mismatch|hash(es)? (do|does) not match|THESE PACKAGES DO NOT MATCH THE HASHES|unexpected end of (file|data)|TAR_BAD_ARCHIVE|zlib: unexpected end|IncompleteRead|ChecksumException/i,
    'a downloaded package is damaged or does not match the lock file. Try again; if the error persists, the registry and the lock file disagree.',
  ],
  [
    /\bls-remote\b.*(ssh|git|https?):\/\/|ssh: could not resolve hostname|git dep preparation failed|codeload\.github\.com|Host key verification failed|(clone|fetch)(ing)? .*(git@|ssh:\/\/|git:\/\/|https:\/\/(github|gitlab)\.com\/)/i,
    'a dependency comes from a git address, and workers have no network outside the package mirrors. Depend on a published version, or vendor it; a private registry can be added by the operator (`registries` in `BOSUN_CONFIG`).',
  ],
  [
    /Environment variable not found|Failed to replace env in config|environment variable .* (is not set|not defined)/i,
    'a settings file of the repository names an environment variable that workers do not have. Write a default such as `${NPM_TOKEN:-}`; credentials of private registries are set by the operator (`registries` in `BOSUN_CONFIG`).',
  ],
  [
    /gyp ERR!.*(find Python|not found: make)|(make|g\+\+|gcc|cc): (command )?not found|No CMAKE_CXX_COMPILER|linker `cc` not found/i,
    'a native dependency was to be compiled, and a build tool is missing. The worker needs python3, make and a C++ compiler.',
  ],
  [
    /gyp (ERR!|http).*(nodejs\.org|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|getaddrinfo)/i,
    'a native dependency was to be compiled against the headers of Node.js, which the worker does not have, and the npm registry could not provide them. The operator can install a Node.js with its headers (`include/node` next to `bin`).',
  ],
  [
    /failed to (set up|download|install) (chrome|chromium|firefox|webkit|the browser|browsers?|cypress|electron)|playwright install|Cypress.*(download|CDN)|chromedriver.*download|electron.*download/i,
    'an install script wanted to download a browser or another program, and workers have no network outside the package mirrors. Set `install_scripts: false`, or use an image that has it.',
  ],
  [
    /\bE40[13]\b|\b40[13] (unauthorized|forbidden)|status(?: code)?:? 40[13]\b|returned error: 40[13]|HTTP(?: error)? 40[13]/i,
    'a registry refused access. Private registries are set by the operator (`registries` in `BOSUN_CONFIG`).',
  ],
  [
    /requires rustc|requires at least Node\.js|requires a different Python|No interpreter found for|error code EBADENGINE|ERR_PNPM_UNSUPPORTED_ENGINE|The engine "node" is incompatible|go\.mod requires go >=|module requires Go|invalid go version|invalid target release|Detected (?:Maven|JDK) version:.*not in the allowed range|release version \d+ not supported|Unsupported class file major version|Your Ruby version is|requires ruby version|your php version|compatible .NET SDK was not found|current Python version .* is not supported/i,
    OTHER_VERSION.host,
  ],
  [
    /\bE404\b|404 not found|status(?: code)?:? 404\b|No matching distribution found|Could not find a version that satisfies|Could not find (gem|compatible|artifact|package|[\w.-]+:[\w.-]+:)|no matching package named|could not be found in any version|Unable to find package|ERR_PNPM_NO_MATCHING_VERSION|\bETARGET\b|unknown revision/i,
    'a package, or this version of it, does not exist in the registries that workers may use.',
  ],
  [
    /\bE413\b|\b413\b.{0,200}(larger|too large)|this server takes at most \d+ from/i,
    'a package is larger than the mirrors accept.',
  ],
  [
    /\bE50[0234]\b|ERR_PNPM_FETCH_50|answered with HTTP 5\d\d|HTTP error 50\d|status code:? 50\d|returned error: 50\d/i,
    'a package registry was not reachable, or its answer was incomplete. Try again later; `bosun show ID --log setup` shows what it answered.',
  ],
  [
    /EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|could not resolve host|temporary failure in name resolution|name or service not known|no such host|network is unreachable|failed to connect|connection refused|UnknownHostException|NameResolutionError|unable to access 'http|\b50[234] (bad gateway|service unavailable|gateway time)/i,
    'a host was not reachable: workers have no network outside the package mirrors.',
  ],
];

/** The likely cause of a failed set-up and what to do about it, in one sentence or two; null when nothing is known. */
export function explainSetup(failure: SetupFailure): string | null {
  const { exitCode, toolsFrom = 'host' } = failure;
  if (failure.timedOut) {
    return 'it timed out. Set-up may take 15 minutes, and at most half the time limit of its task.';
  }
  const text = `${failure.output}\n${failure.sessionOutput}`;
  const limit = CAUSES.slice(0, 2).find(([pattern]) => pattern.test(text));
  if (limit !== undefined) {
    return limit[1];
  }
  if (
    failure.outOfMemory ||
    exitCode === 137 ||
    /JavaScript heap out of memory|Cannot allocate memory|MemoryError/.test(text)
  ) {
    return 'the worker ran out of memory. The operator can raise `BOSUN_WORKER_MEMORY`.';
  }
  if (exitCode === 127 || exitCode === 126) {
    const found = exitCode === 127 ? 'command not found' : 'a command could not be run';
    return `${found}: ${ONLY_SEES[toolsFrom]}`;
  }
  const cause = CAUSES.slice(2).find(([pattern]) => pattern.test(text));
  return cause?.[1] === OTHER_VERSION.host ? OTHER_VERSION[toolsFrom] : (cause?.[1] ?? null);
}

/**
 * The lines of an output that people are shown: the last ones, or those from the likely cause on where that stands further
 * above, because npm prints its whole help below it.
 */
export function lastLines(output: string, count = 20): string {
  const lines = output.trimEnd().split('\n');
  const isCause = (line: string): boolean => CAUSES.some(([pattern]) => pattern.test(line));
  const last = lines.slice(-count);
  const cause = last.some(isCause) ? -1 : lines.findIndex(isCause);
  return cause < 0
    ? last.join('\n')
    : lines
        .slice(Math.max(0, cause - 2))
        .slice(0, count)
        .join('\n');
}
