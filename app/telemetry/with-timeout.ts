/** Thrown by `withTimeout`; the work itself continues. */
export class TimeoutExceeded extends Error {
  constructor(ms: number, what: string) {
    super(`${what} did not end within ${ms < 1_000 ? `${ms} ms` : `${ms / 1_000} seconds`}`);
    this.name = 'TimeoutExceeded';
  }
}

/** The value of the work, or `TimeoutExceeded` once it has taken so long. */
export async function withTimeout<T>(ms: number, work: Promise<T>, what = 'the work'): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutExceeded(ms, what)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
