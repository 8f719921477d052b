/** The local GitHub's time. It ages tokens, limits and everything that is stamped; it never waits. */
export interface Clock {
  now: () => Date;
  advance: (ms: number) => void;
  set: (at: Date) => void;
}

/** Real time plus an offset that can be changed. */
export function createClock(startAt?: Date): Clock {
  let offsetMs = startAt ? startAt.getTime() - Date.now() : 0;
  return {
    now: () => new Date(Date.now() + offsetMs),
    advance(ms) {
      offsetMs += ms;
    },
    set(at) {
      offsetMs = at.getTime() - Date.now();
    },
  };
}
