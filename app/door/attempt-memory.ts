import type { DoorSession } from '../store/stores.ts';
import type { NanoUsd } from '../task/task.ts';
import type { DoorLimits } from './door-limits.ts';
import { endLogs, type LogTexts } from './events/join-logs.ts';
import { refuse } from './refusal.ts';
import type { Checked } from './refusal.ts';

const FORGET_AFTER_MS = 3_600_000;
const MINUTE_MS = 60_000;

/**
 * What this process remembers of an attempt between two requests. Nothing here is the truth about money: losing it costs
 * a repeated warning at most.
 */
export interface AttemptMemory {
  readonly key: string;
  /** The agent was asked to wrap up, so the slice reserved for that is open to it. */
  askedToWrapUp: boolean;
  /** Highest warning this process has passed on. */
  warnedPercent: 0 | 80 | 95;
  /** Settled spend as far as this process knows: never more than what the store has, at times less. */
  spentNano: NanoUsd;
  logBytes: number;
  /** The unfinished end of each log, not redacted yet. */
  logTails: LogTexts;
  /** Settlements under way. A request that follows at once waits for them before it is refused for lack of money. */
  readonly settling: Set<Promise<void>>;
  readonly all: Gate;
  readonly model: Gate;
  readonly packages: { readonly gate: Gate; bytes: number; requests: number };
  lastSeenAt: number;
}

export interface Gate {
  active: number;
  minuteStartedAt: number;
  inMinute: number;
}

export class AttemptMemories {
  readonly #memories = new Map<string, AttemptMemory>();

  of(session: DoorSession, now: Date): AttemptMemory {
    const key = `${session.task.id}/${session.attempt.epoch}`;
    const memory = this.#memories.get(key) ?? this.#add(key, now);
    memory.lastSeenAt = now.getTime();
    memory.spentNano = Math.max(memory.spentNano, session.attempt.spentNano);
    return memory;
  }

  /** Resolves when no settlement is under way any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#memories.values()].flatMap((memory) => [...memory.settling]));
  }

  /** The ends of all logs for which nothing follows any more, redacted, by the key of their attempt. */
  takeLogEnds(redact: (text: string) => string): { readonly key: string; readonly texts: LogTexts }[] {
    return [...this.#memories.values()].map((memory) => {
      const texts = endLogs(memory.logTails, redact);
      memory.logTails = new Map();
      return { key: memory.key, texts };
    });
  }

  #add(key: string, now: Date): AttemptMemory {
    this.#forgetOld(now.getTime());
    const fresh: AttemptMemory = {
      key,
      askedToWrapUp: false,
      warnedPercent: 0,
      spentNano: 0,
      logBytes: 0,
      logTails: new Map(),
      settling: new Set(),
      all: { active: 0, minuteStartedAt: now.getTime(), inMinute: 0 },
      model: { active: 0, minuteStartedAt: now.getTime(), inMinute: 0 },
      packages: { gate: { active: 0, minuteStartedAt: now.getTime(), inMinute: 0 }, bytes: 0, requests: 0 },
      lastSeenAt: now.getTime(),
    };
    this.#memories.set(key, fresh);
    return fresh;
  }

  #forgetOld(now: number): void {
    for (const [key, memory] of this.#memories) {
      if (
        memory.all.active === 0 &&
        memory.packages.gate.active === 0 &&
        memory.settling.size === 0 &&
        now - memory.lastSeenAt > FORGET_AFTER_MS
      ) {
        this.#memories.delete(key);
      }
    }
  }
}

/** Lets one more request of the attempt in, or refuses it; `value` must be called when it is over. */
export function enter(gate: Gate, rules: { now: Date; concurrency: number; perMinute: number }): Checked<() => void> {
  const now = rules.now.getTime();
  if (now - gate.minuteStartedAt >= MINUTE_MS || now < gate.minuteStartedAt) {
    gate.minuteStartedAt = now;
    gate.inMinute = 0;
  }
  if (gate.inMinute >= rules.perMinute) {
    const waitS = Math.ceil((gate.minuteStartedAt + MINUTE_MS - now) / 1_000);
    return refuse('TOO_MANY_REQUESTS', `At most ${rules.perMinute} requests a minute; wait ${waitS} s.`, waitS);
  }
  if (gate.active >= rules.concurrency) {
    return refuse('TOO_MANY_REQUESTS', `At most ${rules.concurrency} concurrent requests; wait for one to end.`, 1);
  }
  gate.inMinute += 1;
  gate.active += 1;
  let left = false;
  return {
    ok: true,
    value: () => {
      gate.active -= left ? 0 : 1;
      left = true;
    },
  };
}

export function modelRules(limits: DoorLimits, now: Date): { now: Date; concurrency: number; perMinute: number } {
  return { now, concurrency: limits.modelConcurrency, perMinute: limits.modelRequestsPerMinute };
}

export function allRules(limits: DoorLimits, now: Date): { now: Date; concurrency: number; perMinute: number } {
  return { now, concurrency: limits.concurrency, perMinute: limits.requestsPerMinute };
}
