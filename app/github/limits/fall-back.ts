import type { WriteLocks } from '../../task/ports/write-locks.ts';

export interface FallBackOptions {
  /** Turns among all processes; every call may throw while the database is unavailable. */
  readonly shared: WriteLocks;
  /** Turns of this process alone, which never throws. It counts along, so that it knows what was sent when it is needed. */
  readonly own: WriteLocks;
  readonly onTrouble: (error: unknown) => void;
}

/** Turns among all processes; while they cannot be had, the process keeps to limits of its own. */
export function createFallBack({ shared, own, onTrouble }: FallBackOptions): WriteLocks {
  async function orElse<T>(ask: () => Promise<T>, fallBack: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      onTrouble(error);
      return fallBack();
    }
  }

  return {
    take: (ask) =>
      orElse(
        async () => {
          const turn = await shared.take(ask);
          if (turn.granted) {
            await own.take(ask);
          }
          return turn;
        },
        () => own.take(ask),
      ),
    extend: (held) =>
      orElse(
        () => shared.extend(held),
        async () => true,
      ),
    release: (held) =>
      orElse(
        () => shared.release(held),
        async () => undefined,
      ),
    async block(block) {
      const state = await own.block(block);
      return orElse(
        () => shared.block(block),
        async () => state,
      );
    },
    async calm(about) {
      await own.calm(about);
      await orElse(
        () => shared.calm(about),
        async () => undefined,
      );
    },
    readBlock: (about) =>
      orElse(
        () => shared.readBlock(about),
        () => own.readBlock(about),
      ),
    watch: (onNotice) => shared.watch(onNotice),
  };
}
