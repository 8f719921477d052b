/** A day or a month in a time zone. */
export interface Period {
  /** `2026-11-21` or `2026-11`. */
  readonly name: string;
  /** The first instant after it. */
  readonly endsAt: Date;
}

export interface Periods {
  readonly day: Period;
  readonly month: Period;
}

interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** The local wall clock read as if it were UTC. */
  readonly wallMs: number;
}

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();
/** The last answer of each zone, good from `from` until its day ends: every claim asks, and the search takes a while. */
const found = new Map<string, { from: Date; periods: Periods }>();

/** The day and the month that `now` lies in. Throws a RangeError for a time zone that Intl does not know. */
export function periodsAt(now: Date, timeZone: string): Periods {
  const known = found.get(timeZone);
  if (known !== undefined && now >= known.from && now < known.periods.day.endsAt) {
    return known.periods;
  }
  const periods = findPeriods(now, timeZone);
  found.set(timeZone, { from: now, periods });
  return periods;
}

function findPeriods(now: Date, timeZone: string): Periods {
  const { year, month, day } = localTime(now.getTime(), timeZone);
  const monthName = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`;
  return {
    day: {
      name: `${monthName}-${String(day).padStart(2, '0')}`,
      endsAt: firstInstantOf(Date.UTC(year, month - 1, day + 1), timeZone),
    },
    month: { name: monthName, endsAt: firstInstantOf(Date.UTC(year, month, 1), timeZone) },
  };
}

/**
 * The first instant whose local date is not before `wallMidnightMs` (a local midnight written as UTC). Found by halving,
 * because clocks may jump over midnight or show it twice, and zones have skipped whole days.
 */
function firstInstantOf(wallMidnightMs: number, timeZone: string): Date {
  let before = wallMidnightMs - 2 * DAY_MS;
  let after = wallMidnightMs + 2 * DAY_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (localTime(middle, timeZone).wallMs >= wallMidnightMs) {
      after = middle;
    } else {
      before = middle;
    }
  }
  return new Date(after);
}

function localTime(ms: number, timeZone: string): LocalTime {
  const fields = new Map(
    formatOf(timeZone)
      .formatToParts(ms)
      .map((part) => [part.type, Number(part.value)]),
  );
  const [year = 0, month = 1, day = 1] = [fields.get('year'), fields.get('month'), fields.get('day')];
  const [hour = 0, minute = 0, second = 0] = [fields.get('hour'), fields.get('minute'), fields.get('second')];
  return { year, month, day, wallMs: Date.UTC(year, month - 1, day, hour, minute, second) + (ms % 1000) };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) {
    return known;
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timeZone, format);
  return format;
}
