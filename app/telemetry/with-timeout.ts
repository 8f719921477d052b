/** Thrown by `within`; the work itself goes on. */
export class TookTooLong extends Error {
  constructor(ms: number) {
    super(`It did not end within ${ms} ms.`);
    this.name = 'TookTooLong';
  }
}

/** The value of the work, or `TookTooLong` once it has taken so long. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TookTooLong(ms)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
