import { setTimeout as pause } from 'node:timers/promises';
import { DOOR_PATHS } from '../../protocol/index.ts';
import { retryDoor } from '../retry-door.ts';
import type { DoorAddress } from './post-json.ts';

/** Where the conversation of an agent outlives its worker. */
export interface ConversationStore {
  /** What an earlier attempt kept; null when there is nothing, or it cannot be had. */
  read(): Promise<Buffer | null>;
  /** Keeps the bytes in the place of earlier ones. Returns at once: only the newest of those that wait is sent. */
  keep(bytes: Buffer): void;
  /** Resolves when all is sent, or when it is too late. */
  settled(withinMs: number): Promise<void>;
}

const READ_MS = 60_000;
const SEND_MS = 60_000;
/** A door that is being restarted is back within this time. */
const PATIENCE_MS = 30_000;

/** Losing a conversation costs an agent its memory and no work, so that nothing here ends an attempt. */
export function createConversationStore({ url, token }: DoorAddress): ConversationStore {
  const address = url.replace(/\/$/, '') + DOOR_PATHS.conversation;
  const headers = { authorization: `Bearer ${token}` };
  let newest: Buffer | null = null;
  let sending: Promise<void> = Promise.resolve();
  let isSending = false;

  async function put(body: Buffer): Promise<{ ok: boolean; isDoorUnavailable: boolean }> {
    try {
      const answer = await fetch(address, {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(SEND_MS),
      });
      await answer.body?.cancel();
      return { ok: answer.ok, isDoorUnavailable: answer.status === 429 || answer.status >= 500 };
    } catch {
      return { ok: false, isDoorUnavailable: true };
    }
  }

  async function send(): Promise<void> {
    while (newest !== null) {
      const until = performance.now() + PATIENCE_MS;
      await retryDoor(
        async () => {
          const bytes = newest;
          if (bytes === null) {
            return { ok: true, isDoorUnavailable: false };
          }
          const sent = await put(bytes);
          // What came meanwhile is sent by the next round
          newest = newest === bytes && (sent.ok || !sent.isDoorUnavailable) ? null : newest;
          return sent;
        },
        { until, signal: new AbortController().signal, isWorthwhile: (failed) => failed.isDoorUnavailable },
      );
      if (performance.now() >= until) {
        newest = null;
      }
    }
  }

  return {
    async read() {
      try {
        const answer = await fetch(address, { headers, signal: AbortSignal.timeout(READ_MS) });
        return answer.ok ? Buffer.from(await answer.arrayBuffer()) : (await answer.body?.cancel(), null);
      } catch {
        return null;
      }
    },
    keep(bytes) {
      newest = bytes;
      if (!isSending) {
        isSending = true;
        sending = send().finally(() => {
          isSending = false;
        });
      }
    },
    async settled(withinMs) {
      await Promise.race([sending, pause(withinMs, undefined, { ref: false })]);
    },
  };
}
