import { describe, expect, test } from 'vitest';
import { createLogger } from '../../app/telemetry/log.ts';

const SECRET = 'ghs_1234567890abcdef';
const KEY = '-----BEGIN KEY-----\nline one\nline two\n-----END KEY-----';

function capture(level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const log = createLogger({
    level,
    redact: (text) => text.replaceAll(SECRET, '[secret]').replaceAll(KEY, '[key]'),
    destination: { write: (line: string) => void lines.push(line) },
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') };
}

describe('a log line', () => {
  test('is one JSON object with level, time, message and fields', () => {
    const { log, lines, last } = capture();
    log.with({ taskId: '01T' }).info('Task claimed', { epoch: 2, at: new Date('2026-11-21T10:00:00Z') });
    expect(lines).toHaveLength(1);
    expect(last()).toMatchObject({
      level: 'info',
      message: 'Task claimed',
      taskId: '01T',
      epoch: 2,
      at: '2026-11-21T10:00:00.000Z',
    });
    expect(Date.parse(last().time)).not.toBeNaN();
  });

  test('below the level is not written', () => {
    const { log, lines } = capture();
    log.debug('Nothing');
    expect(lines).toEqual([]);
  });

  test.each([
    ['in the message', (log: ReturnType<typeof capture>['log']) => log.error(`Token ${SECRET}`)],
    ['in a field', (log) => log.info('x', { url: `https://x:${SECRET}@github.test` })],
    ['deep in a field', (log) => log.info('x', { a: [{ b: { c: SECRET } }] })],
    ['as the name of a field', (log) => log.info('x', { [SECRET]: 1 })],
    ['in an error and its cause', (log) => log.error('x', { error: new Error(SECRET, { cause: new Error(SECRET) }) })],
    [
      'on a property of an error',
      (log) => log.error('x', { error: Object.assign(new Error('y'), { request: { token: SECRET } }) }),
    ],
    ['over several lines', (log) => log.info('x', { key: KEY })],
    ['bound to the logger', (log) => log.with({ token: SECRET }).info('x')],
  ] as [string, (log: ReturnType<typeof capture>['log']) => void][])('never holds a secret: %s', (_where, write) => {
    const { log, lines } = capture();
    write(log);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(SECRET);
    expect(lines[0]).not.toContain('line one');
  });

  test('logs an error with its name, stack, code and causes', () => {
    const { log, last } = capture();
    const error = Object.assign(new Error('outer', { cause: new TypeError('inner') }), { code: 'E1' });
    log.error('It failed', { error });
    expect(last().error).toMatchObject({
      name: 'Error',
      message: 'outer',
      code: 'E1',
      cause: { name: 'TypeError', message: 'inner' },
    });
    expect(last().error.stack).toContain('log.test.ts');
  });

  test('survives what cannot be written as JSON', () => {
    const { log, last } = capture();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.info('x', {
      circle,
      big: 10n,
      bytes: new Uint8Array(9),
      fn: () => 1,
      none: undefined,
      bad: new Date(Number.NaN),
      long: 'y'.repeat(20_000),
    });
    expect(last()).toMatchObject({ circle: { self: '…' }, big: '10', bytes: '9 bytes', bad: 'invalid date' });
    expect(last().long.length).toBeLessThan(9_000);
  });

  test('cannot be forged by a line break', () => {
    const { log, lines } = capture();
    log.info('x', { text: 'a\n{"level":"error"}' });
    expect(lines.join('').trimEnd().split('\n')).toHaveLength(1);
  });
});
