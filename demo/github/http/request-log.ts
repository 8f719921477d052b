/** What is remembered of a request. Never a token, never a header. */
export interface RequestRecord {
  method: string;
  /** Without `/api/v3` and query. */
  path: string;
  query: string;
  /** 0 while it runs, and for ever when the connection was cut before an answer. */
  status: number;
  /** Login of whoever asked, `app/SLUG` for the app itself, null for nobody. */
  actor: string | null;
  tokenId: string | null;
  /** The parsed JSON body of a REST request. */
  body: unknown;
  at: Date;
  durationMs: number;
}

export interface RequestLog {
  records: RequestRecord[];
  /** The first finished request, past or future, that fits. */
  waitFor: (fits: (record: RequestRecord) => boolean) => Promise<RequestRecord>;
  start: (record: RequestRecord) => void;
  finish: (record: RequestRecord) => void;
}

export function createRequestLog(): RequestLog {
  const records: RequestRecord[] = [];
  const finished = new WeakSet<RequestRecord>();
  let waiting: { fits: (record: RequestRecord) => boolean; resolve: (record: RequestRecord) => void }[] = [];
  return {
    records,
    waitFor(fits) {
      const known = records.find((record) => finished.has(record) && fits(record));
      return known ? Promise.resolve(known) : new Promise((resolve) => waiting.push({ fits, resolve }));
    },
    start(record) {
      records.push(record);
    },
    finish(record) {
      finished.add(record);
      const hit = waiting.filter(({ fits }) => fits(record));
      waiting = waiting.filter((entry) => !hit.includes(entry));
      for (const { resolve } of hit) {
        resolve(record);
      }
    },
  };
}
