const REMEDIES: readonly [RegExp, string][] = [
  [
    /no space left on device|check free disk space|disk quota exceeded/i,
    'The disk is full: free space on it and start again.',
  ],
  [/read-only file system/i, 'The file system cannot be written to: choose another BOSUN_DATA_DIR.'],
  [
    /permission denied|operation not permitted|has wrong ownership|invalid permissions/i,
    'This user may not use the files there: start Bosun as their owner, give them to this user (chown -R), or choose another BOSUN_DATA_DIR.',
  ],
  [
    /could not (?:create|resize|map|allocate)[^\n]*shared memory|cannot allocate memory/i,
    'The system has no memory left: free some, or raise the memory limit of the container.',
  ],
  [
    /cannot execute|no such file or directory.*(?:\.so|\.dylib)|error while loading shared libraries|GLIBC|Exec format error/i,
    'Its programs do not run on this system (they need glibc): set DATABASE_URL to a PostgreSQL 15 or newer instead.',
  ],
  [
    /lock file .* already exists|is another postmaster/i,
    'Another PostgreSQL server uses this directory: stop it first.',
  ],
];

const LINES_SHOWN = 5;
const TELLING = /\b(?:PANIC|FATAL|ERROR|HINT|DETAIL|error):/;

/** A sentence for a server or tool that did not start: what, where, its last words, and what to do. */
export function explainError(what: string, output: string, place: string): Error {
  const remedy =
    REMEDIES.find(([pattern]) => pattern.test(output))?.[1] ??
    'If the reason is not clear, set DATABASE_URL to a PostgreSQL server instead.';
  const lines = output.trim().split('\n');
  const telling = lines.filter((line) => TELLING.test(line));
  const shown = (telling.length > 0 ? telling : lines).slice(-LINES_SHOWN).join('\n  ');
  return new Error(`${what} in ${place}. ${remedy}\nIts output:\n  ${shown}`);
}

/** The same for what the file system or the kernel refused; anything else is returned as it is. */
export function explainFileError(error: unknown, place: string): unknown {
  if (!(error instanceof Error && 'syscall' in error)) {
    return error;
  }
  if (process.getuid?.() === 0 && 'code' in error && error.code === 'EPERM') {
    return new Error(
      `The embedded database could not be prepared in ${place}: Bosun runs as root here and may not give files or processes to another user (${error.message}). ` +
        'Run it as a normal user that is listed in /etc/passwd, allow the capabilities CHOWN, SETUID and SETGID, or set DATABASE_URL.',
      { cause: error },
    );
  }
  return explainError('The embedded database could not be prepared', error.message, place);
}
