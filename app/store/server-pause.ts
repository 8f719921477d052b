/** Why no task of the whole server starts. Tasks that run are left alone. */
export interface ServerPause {
  /** Who paused it, for people to read. */
  readonly by: string;
  readonly at: Date;
  readonly note: string | null;
}

/** One row that every claim of every process reads under its lock. */
export interface ServerPauseStore {
  /** The same again keeps the first, and with it since when. Resolves with what holds now. */
  set(pause: ServerPause): Promise<ServerPause>;
  /** Wakes claim loops. False when nothing was paused. */
  clear(): Promise<boolean>;
  read(): Promise<ServerPause | null>;
}
