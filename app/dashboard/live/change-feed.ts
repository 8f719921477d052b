/** Tells of tasks that changed. A hint: it may be repeated or lost, and `null` says that any of them may have changed. */
export interface ChangeFeed {
  subscribe(onChange: (taskId: string | null) => void): () => void;
}

export interface ChangeFeedSource extends ChangeFeed {
  /** A task changed, or with null any of them may have. */
  tell(taskId: string | null): void;
}

export function createChangeFeed(): ChangeFeedSource {
  const listeners = new Set<(taskId: string | null) => void>();
  return {
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    tell(taskId) {
      listeners.forEach((listener) => listener(taskId));
    },
  };
}
