/** Thrown by `within`; the work itself continues. */
export class TimeoutExceeded extends Error {
  constructor(ms: number) {
    super(`It did not end within ${ms} ms.`);
    this.name = 'TimeoutExceeded';
  }
}

/** The value of the work, or `TimeoutExceeded` once it has taken so long. */
export async function withTimeout<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutExceeded(ms)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
