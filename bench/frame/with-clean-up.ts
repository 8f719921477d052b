export type Defer = (close: () => unknown) => void;

/**
 * Runs `work` and then closes what it asked to close, last first; also when it throws and when the bench is
 * interrupted, because a database server and its directory would stay behind.
 */
export async function withCleanUp<T>(work: (defer: Defer) => Promise<T>): Promise<T> {
  const closers: (() => unknown)[] = [];
  let closing: Promise<void> | null = null;
  async function closeAll(): Promise<void> {
    for (const close of closers.splice(0).toReversed()) {
      await close();
    }
  }
  function interrupt(): void {
    closing ??= closeAll();
    void closing.finally(() => process.exit(130));
  }
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await work((close) => closers.push(close));
  } finally {
    closing ??= closeAll();
    await closing;
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}
