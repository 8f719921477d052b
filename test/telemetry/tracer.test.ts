import { decodeTime, ulid } from 'ulid';
import { expect, test } from 'vitest';
import { spanIdOf, SPANS, traceIdOf, type SpanName } from '../../app/telemetry/tracer.ts';

test.each([
  ['00000000000000000000000001', '00000000000000000000000000000001'],
  ['7ZZZZZZZZZZZZZZZZZZZZZZZZZ', 'ffffffffffffffffffffffffffffffff'],
  ['01ARZ3NDEKTSV4RRFFQ69G5FAV', '01563e3ab5d3d6764c61efb99302bd5b'],
])('the 128 bits of %s are its trace id', (id, trace) => {
  expect(traceIdOf(id)).toBe(trace);
});

test('the first 48 bits of a trace id are the time of its task', () => {
  const id = ulid();
  expect(Number.parseInt(traceIdOf(id)?.slice(0, 12) ?? '', 16)).toBe(decodeTime(id));
});

test.each(['', '01TASK', '8ZZZZZZZZZZZZZZZZZZZZZZZZZ', '00000000000000000000000000', '01ARZ3NDEKTSV4RRFFQ69G5FAI'])(
  '%o has none',
  (id) => {
    expect(traceIdOf(id)).toBeNull();
  },
);

test('spans with others under them have ids that follow from the task and its attempt, the others have none', () => {
  const task = { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', epoch: 1 };
  const named = (Object.keys(SPANS) as SpanName[]).filter((name) => spanIdOf(name, task) !== null);
  expect(named).toEqual(['task', 'RUNNING', 'FINALIZING']);
  expect(new Set(named.map((name) => spanIdOf(name, task))).size).toBe(3);
  expect(spanIdOf('task', { ...task, epoch: 2 })).toBe(spanIdOf('task', task));
  expect(spanIdOf('RUNNING', { ...task, epoch: 2 })).not.toBe(spanIdOf('RUNNING', task));
});
