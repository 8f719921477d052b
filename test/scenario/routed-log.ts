interface Routed {
  readonly id: string;
  readonly note: string;
}

export interface RoutedLog {
  readonly add: (delivery: Routed) => void;
  /** Resolves once each of these is routed; notes by delivery id. */
  readonly all: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

/** Remembers what became of each delivery, so that a test can wait until nothing more will come of it. */
export function createRoutedLog(): RoutedLog {
  const notes = new Map<string, string>();
  let waiting: { readonly ids: readonly string[]; readonly resolve: () => void }[] = [];

  function tellWaiting(): void {
    const done = waiting.filter(({ ids }) => ids.every((id) => notes.has(id)));
    waiting = waiting.filter((entry) => !done.includes(entry));
    for (const { resolve } of done) {
      resolve();
    }
  }

  return {
    add({ id, note }) {
      notes.set(id, note);
      tellWaiting();
    },
    async all(ids) {
      await new Promise<void>((resolve) => {
        waiting.push({ ids, resolve });
        tellWaiting();
      });
      return notes;
    },
  };
}
