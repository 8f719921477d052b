import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Something that goes wrong on purpose. Without `status`, `dropResponse` and `hang` it only delays. */
export interface Fault {
  /** Any method when absent. */
  method?: string;
  /** A prefix of the path, or a pattern it must match (without `/api/v3`, query not included). Any path when absent. */
  path?: string | RegExp;
  /** How many requests it hits; 1 by default, `Infinity` until removed. */
  times?: number;
  /** Answers with this status instead of doing anything. */
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  delayMs?: number;
  /** Cuts the connection `before` anything happened, or `after` the change was made. */
  dropResponse?: 'before' | 'after';
  /** Never answers. The connection is cut when the server closes. */
  hang?: boolean;
  /** Does what was asked, and only then answers with `status` or hangs. */
  afterwards?: boolean;
}

interface PlantedFault {
  /** Requests hit so far. */
  readonly hits: number;
  /** Resolves when the next request is hit. */
  nextHit: () => Promise<void>;
  remove: () => void;
}

export interface Faults {
  add: (fault: Fault) => PlantedFault;
  clear: () => void;
}

interface Live {
  fault: Fault;
  left: number;
  hits: number;
  waiting: (() => void)[];
}

export interface FaultBox extends Faults {
  /** The fault that hits this request, already counted; undefined when none does. */
  take: (method: string, path: string) => Fault | undefined;
}

export function createFaults(): FaultBox {
  let live: Live[] = [];
  return {
    add(fault) {
      const entry: Live = { fault, left: fault.times ?? 1, hits: 0, waiting: [] };
      live.push(entry);
      return {
        get hits() {
          return entry.hits;
        },
        nextHit: () => new Promise((resolve) => entry.waiting.push(resolve)),
        remove: () => {
          live = live.filter((other) => other !== entry);
        },
      };
    },
    clear() {
      live = [];
    },
    take(method, path) {
      const entry = live.find(({ fault, left }) => left > 0 && isHit(fault, method, path));
      if (!entry) {
        return undefined;
      }
      entry.left -= 1;
      entry.hits += 1;
      for (const resolve of entry.waiting.splice(0)) {
        resolve();
      }
      return entry.fault;
    },
  };
}

function isHit(fault: Fault, method: string, path: string): boolean {
  if (fault.method && fault.method.toUpperCase() !== method) {
    return false;
  }
  if (fault.path === undefined) {
    return true;
  }
  return typeof fault.path === 'string' ? path.startsWith(fault.path) : new RegExp(fault.path).test(path);
}

/** Does what the fault says before the request is handled. True when the request ends here. */
export async function applyFault(fault: Fault, response: ServerResponse): Promise<boolean> {
  if (fault.delayMs) {
    await sleep(fault.delayMs, undefined, { ref: false });
  }
  if (fault.afterwards) {
    return false;
  }
  if (fault.hang) {
    return true;
  }
  if (fault.dropResponse === 'before') {
    response.destroy();
    return true;
  }
  if (fault.status === undefined) {
    return false;
  }
  answerFault(fault, response);
  return true;
}

/** What becomes of the answer once the change was made. True when the usual one is not sent. */
export function applyAfterwards(fault: Fault | undefined, response: ServerResponse): boolean {
  if (fault?.dropResponse === 'after') {
    response.destroy();
    return true;
  }
  if (fault?.afterwards && fault.status !== undefined) {
    answerFault(fault, response);
    return true;
  }
  return fault?.afterwards === true && fault.hang === true;
}

function answerFault(fault: Fault, response: ServerResponse): void {
  const body = fault.body ?? {
    message: `Planted fault ${fault.status}`,
    documentation_url: 'https://docs.github.com/rest',
  };
  response.writeHead(fault.status ?? 500, { 'content-type': 'application/json; charset=utf-8', ...fault.headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
