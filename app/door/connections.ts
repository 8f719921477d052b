import type { Socket } from 'node:net';
import { refuse } from './refusal.ts';
import type { Checked } from './refusal.ts';

/**
 * The connections of all workers. One that has not shown a valid token has no owner: there are few of those, and a new
 * one replaces the oldest, so that idle ones never lock out another attempt. Each attempt has a limit of its own.
 */
export class Connections {
  readonly #unowned = new Set<Socket>();
  readonly #owned = new Map<string, Set<Socket>>();
  readonly #owners = new WeakMap<Socket, string>();
  readonly #limits: { readonly unownedConnections: number; readonly connectionsPerAttempt: number };

  constructor(limits: { readonly unownedConnections: number; readonly connectionsPerAttempt: number }) {
    this.#limits = limits;
  }

  /** A connection over TLS takes the place of the one it runs over: the same two ends, seen by who reads requests. */
  secure(socket: Socket): void {
    for (const below of this.#unowned) {
      if (below.remotePort === socket.remotePort && below.remoteAddress === socket.remoteAddress) {
        this.#unowned.delete(below);
      }
    }
    this.add(socket);
  }

  add(socket: Socket): void {
    this.#unowned.add(socket);
    socket.once('close', () => this.#remove(socket));
    const [oldest] = this.#unowned;
    if (this.#unowned.size > this.#limits.unownedConnections && oldest !== undefined) {
      this.#unowned.delete(oldest);
      oldest.destroy();
    }
  }

  isOwned(socket: Socket): boolean {
    return this.#owners.has(socket);
  }

  /** Gives the connection to the attempt whose token was shown on it, or refuses where the attempt has enough. */
  own(socket: Socket, attempt: string): Checked<null> {
    if (this.#owners.get(socket) === attempt) {
      return { ok: true, value: null };
    }
    const sockets = this.#owned.get(attempt) ?? new Set();
    const { connectionsPerAttempt } = this.#limits;
    if (sockets.size >= connectionsPerAttempt) {
      return refuse('TOO_MANY_REQUESTS', `At most ${connectionsPerAttempt} connections; close one that is idle.`, 1);
    }
    this.#remove(socket);
    if (!socket.destroyed) {
      this.#owned.set(attempt, sockets.add(socket));
      this.#owners.set(socket, attempt);
    }
    return { ok: true, value: null };
  }

  #remove(socket: Socket): void {
    this.#unowned.delete(socket);
    const attempt = this.#owners.get(socket);
    const sockets = attempt === undefined ? undefined : this.#owned.get(attempt);
    this.#owners.delete(socket);
    sockets?.delete(socket);
    if (attempt !== undefined && sockets?.size === 0) {
      this.#owned.delete(attempt);
    }
  }
}
