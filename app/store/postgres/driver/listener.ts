import { setTimeout as wait } from 'node:timers/promises';

/** One connection reserved for LISTEN, as the listener needs it. */
export interface ListenConnection {
  query(text: string): Promise<void>;
  onNotice(callback: (channel: string, payload: string) => void): void;
  onLost(callback: (error: unknown) => void): void;
  end(): Promise<void>;
}

export interface ListenerOptions {
  connect(): Promise<ListenConnection>;
  /** Called at the loss of the connection and at each failed attempt to get it back. */
  onTrouble(error: unknown): void;
  /** Milliseconds before the next attempt, given how many have failed. */
  retryDelayMs(failures: number): number;
}

export interface Listener {
  listen(channel: string, onNotice: OnNotice): Promise<{ stop(): Promise<void> }>;
  close(): Promise<void>;
}

type OnNotice = (payload: string | null) => void;

/**
 * Shares one connection between every channel listened to, and gets it back when it is lost. After each reconnection
 * every callback is called with `null`: notices sent in between are gone, so the caller must look for itself.
 */
export function createListener(options: ListenerOptions): Listener {
  const channels = new Map<string, Set<OnNotice>>();
  const closing = new AbortController();
  let connection: Promise<ListenConnection> | null = null;
  let recovery: Promise<void> | null = null;

  async function open(): Promise<ListenConnection> {
    const opened = await options.connect();
    opened.onNotice((channel, payload) => tell(channel, payload));
    opened.onLost((error) => {
      if (!closing.signal.aborted) {
        options.onTrouble(error);
        connection = null;
        recovery ??= recover();
      }
    });
    try {
      for (const channel of channels.keys()) {
        await opened.query(`listen ${quoteChannel(channel)}`);
      }
    } catch (error) {
      await opened.end();
      throw error;
    }
    return opened;
  }

  async function recover(): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; failures += 1) {
      try {
        await wait(options.retryDelayMs(failures), undefined, { signal: closing.signal });
        const attempt = open();
        connection = attempt;
        await attempt;
        if (connection !== attempt) {
          // Lost again in the same moment.
          continue;
        }
        recovery = null;
        for (const channel of channels.keys()) {
          tell(channel, null);
        }
        return;
      } catch (error) {
        connection = null;
        if (!closing.signal.aborted) {
          options.onTrouble(error);
        }
      }
    }
  }

  function tell(channel: string, payload: string | null): void {
    for (const onNotice of channels.get(channel) ?? []) {
      onNotice(payload);
    }
  }

  async function listen(channel: string, onNotice: OnNotice): Promise<{ stop(): Promise<void> }> {
    const quoted = quoteChannel(channel);
    const callbacks = channels.get(channel) ?? new Set<OnNotice>();
    channels.set(channel, callbacks);
    callbacks.add(onNotice);
    if (recovery === null) {
      try {
        connection ??= open();
        const opened = await connection;
        await opened.query(`listen ${quoted}`);
      } catch (error) {
        if (recovery === null) {
          connection = null;
          callbacks.delete(onNotice);
          throw error;
        }
      }
    }
    return { stop: () => stop(channel, onNotice) };
  }

  async function stop(channel: string, onNotice: OnNotice): Promise<void> {
    const callbacks = channels.get(channel);
    callbacks?.delete(onNotice);
    if (callbacks?.size !== 0) {
      return;
    }
    channels.delete(channel);
    if (connection === null || closing.signal.aborted) {
      return;
    }
    try {
      const opened = await connection;
      await opened.query(`unlisten ${quoteChannel(channel)}`);
    } catch (error) {
      // A lost connection listens to nothing, which is what was asked for.
      options.onTrouble(error);
    }
  }

  async function close(): Promise<void> {
    closing.abort();
    channels.clear();
    await recovery;
    if (connection !== null) {
      const opened = await connection.catch(() => null);
      connection = null;
      await opened?.end();
    }
  }

  return { listen, close };
}

function quoteChannel(channel: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(channel)) {
    throw new Error(`A channel is named with lower-case letters, digits and underscores, not "${channel}".`);
  }
  return `"${channel}"`;
}
