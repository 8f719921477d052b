/** What GitHub counts besides the hourly limit; the documented values of November 2026. */
const CONTENT_PER_MINUTE = 80;
const CONTENT_PER_HOUR = 500;
const POINTS_PER_MINUTE = 900;
const CONCURRENT = 100;

export interface LimitReport {
  maxContentPerMinute: number;
  maxContentPerHour: number;
  maxPointsPerMinute: number;
  maxConcurrent: number;
  /** One sentence for each limit that was exceeded by a caller. */
  exceeded: string[];
}

export interface Limits {
  /** Counts a request of the caller. Returns seconds to wait when a secondary limit is exceeded. */
  begin: (request: { caller: string; method: string; createsContent: boolean; atMs: number }) => number | undefined;
  end: (caller: string) => void;
  /** Counts against the hourly limit. */
  primary: (caller: string, atMs: number) => { limit: number; remaining: number; used: number; resetSeconds: number };
  /** The same numbers for `/rate_limit`, which does not count. */
  peek: (caller: string, atMs: number) => { limit: number; remaining: number; used: number; reset: number };
  report: () => LimitReport;
}

interface Meter {
  content: number[];
  points: { atMs: number; points: number }[];
  concurrent: number;
  windowStartMs: number;
  used: number;
}

export function createLimits(hourlyLimit: number): Limits {
  const meters = new Map<string, Meter>();
  const max: LimitReport = {
    maxContentPerMinute: 0,
    maxContentPerHour: 0,
    maxPointsPerMinute: 0,
    maxConcurrent: 0,
    exceeded: [],
  };

  function meterOf(caller: string): Meter {
    let meter = meters.get(caller);
    if (!meter) {
      meter = { content: [], points: [], concurrent: 0, windowStartMs: 0, used: 0 };
      meters.set(caller, meter);
    }
    return meter;
  }

  function note(caller: string, what: string, value: { seen: number; allowed: number }): boolean {
    if (value.seen <= value.allowed) {
      return false;
    }
    const sentence = `${caller}: more than ${value.allowed} ${what}`;
    if (!max.exceeded.includes(sentence)) {
      max.exceeded.push(sentence);
    }
    return true;
  }

  return {
    begin({ caller, method, createsContent, atMs }) {
      const meter = meterOf(caller);
      meter.concurrent += 1;
      meter.points = meter.points.filter((entry) => atMs - entry.atMs < 60_000);
      meter.points.push({ atMs, points: method === 'GET' || method === 'HEAD' ? 1 : 5 });
      meter.content = meter.content.filter((at) => atMs - at < 3_600_000);
      if (createsContent) {
        meter.content.push(atMs);
      }
      const perMinute = meter.content.filter((at) => atMs - at < 60_000).length;
      const points = meter.points.reduce((sum, entry) => sum + entry.points, 0);
      max.maxContentPerMinute = Math.max(max.maxContentPerMinute, perMinute);
      max.maxContentPerHour = Math.max(max.maxContentPerHour, meter.content.length);
      max.maxPointsPerMinute = Math.max(max.maxPointsPerMinute, points);
      max.maxConcurrent = Math.max(max.maxConcurrent, meter.concurrent);
      const broken = [
        note(caller, 'content-creating requests a minute', { seen: perMinute, allowed: CONTENT_PER_MINUTE }),
        note(caller, 'content-creating requests an hour', { seen: meter.content.length, allowed: CONTENT_PER_HOUR }),
        note(caller, 'points a minute', { seen: points, allowed: POINTS_PER_MINUTE }),
        note(caller, 'requests at once', { seen: meter.concurrent, allowed: CONCURRENT }),
      ];
      return broken.includes(true) ? 60 : undefined;
    },
    end(caller) {
      meterOf(caller).concurrent -= 1;
    },
    primary(caller, atMs) {
      const meter = meterOf(caller);
      if (atMs - meter.windowStartMs >= 3_600_000) {
        meter.windowStartMs = atMs;
        meter.used = 0;
      }
      meter.used += 1;
      return {
        limit: hourlyLimit,
        used: meter.used,
        remaining: Math.max(0, hourlyLimit - meter.used),
        resetSeconds: Math.ceil((meter.windowStartMs + 3_600_000) / 1000),
      };
    },
    peek(caller, atMs) {
      const { windowStartMs, used } = meterOf(caller);
      const start = atMs - windowStartMs >= 3_600_000 ? atMs : windowStartMs;
      const reset = Math.ceil((start + 3_600_000) / 1000);
      return { limit: hourlyLimit, used, remaining: Math.max(0, hourlyLimit - used), reset };
    },
    report: () => ({ ...max, exceeded: [...max.exceeded] }),
  };
}
