import { assert as check, constantFrom, date, property } from 'fast-check';
import { expect, it } from 'vitest';

import { periodsAt } from '../../app/budget/periods.ts';

it.each([
  ['UTC', '2026-11-21T12:00:00Z', '2026-11-21', '2026-11-22T00:00:00Z', '2026-11', '2026-12-01T00:00:00Z'],
  ['UTC', '2026-12-31T23:59:59.999Z', '2026-12-31', '2027-01-01T00:00:00Z', '2026-12', '2027-01-01T00:00:00Z'],
  ['Asia/Tokyo', '2026-11-30T15:00:00Z', '2026-12-01', '2026-12-01T15:00:00Z', '2026-12', '2026-12-31T15:00:00Z'],
  ['Asia/Kolkata', '2026-02-28T18:29:59Z', '2026-02-28', '2026-02-28T18:30:00Z', '2026-02', '2026-02-28T18:30:00Z'],
  // The day the clocks go back has 25 hours.
  ['Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-25', '2026-10-25T23:00:00Z', '2026-10', '2026-10-31T23:00:00Z'],
  // Here the clocks jump from midnight to one o'clock.
  ['Africa/Cairo', '2026-04-23T12:00:00Z', '2026-04-23', '2026-04-23T22:00:00Z', '2026-04', '2026-04-30T21:00:00Z'],
  // This zone skipped 30 December 2011.
  ['Pacific/Apia', '2011-12-29T12:00:00Z', '2011-12-29', '2011-12-30T10:00:00Z', '2011-12', '2011-12-31T10:00:00Z'],
])('in %s at %s it is %s until %s, and %s until %s', (zone, now, day, dayEnd, month, monthEnd) => {
  expect(periodsAt(new Date(now), zone)).toEqual({
    day: { name: day, endsAt: new Date(dayEnd) },
    month: { name: month, endsAt: new Date(monthEnd) },
  });
});

it('changes the name of the day exactly at its end, in every zone', () => {
  const zones = constantFrom('UTC', 'America/New_York', 'Europe/London', 'Australia/Lord_Howe', 'Asia/Kathmandu');
  const times = date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true });
  check(
    property(times, zones, (now, zone) => {
      const { day, month } = periodsAt(now, zone);
      expect(day.endsAt > now).toBe(true);
      expect(month.endsAt >= day.endsAt).toBe(true);
      expect(periodsAt(new Date(day.endsAt.getTime() - 1), zone).day.name).toBe(day.name);
      expect(periodsAt(day.endsAt, zone).day.name).not.toBe(day.name);
    }),
  );
});

it('refuses a zone that does not exist', () => {
  expect(() => periodsAt(new Date(0), 'Mars/Olympus')).toThrow(RangeError);
});
