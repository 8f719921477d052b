import { describe, expect, test } from 'vitest';
import { chooseLessons, findPaths, isHarmful } from '../../../app/task/lessons/choose-lessons.ts';
import type { Lesson } from '../../../app/task/lessons/lesson.ts';
import { nearestLessons } from '../../../app/task/lessons/nearest-lessons.ts';

const NOW = new Date('2026-12-01T00:00:00Z');

function lesson(number: number, facts: Partial<Lesson> = {}): Lesson {
  return {
    repositoryId: 1,
    number,
    kind: 'gotcha',
    text: `Lesson ${number}.`,
    globs: [],
    source: { kind: 'check_fixed', taskId: 't', check: `c${number}` },
    status: 'active',
    keptBy: 'ada',
    helped: 0,
    harmed: 0,
    expiresAt: new Date('2027-01-01T00:00:00Z'),
    ...facts,
  };
}

describe('the lessons that a task reads', () => {
  test.each<[string, Lesson[], string[], number[]]>([
    ['are none before a person kept one', [lesson(1, { keptBy: null })], [], []],
    ['are all active ones after that', [lesson(1), lesson(2, { keptBy: null })], [], [2, 1]],
    ['leave out what is proposed', [lesson(1), lesson(2, { status: 'proposed' })], [], [1]],
    ['leave out what has expired', [lesson(1), lesson(2, { expiresAt: NOW })], [], [1]],
    ['begin with what helped most', [lesson(1, { helped: 2 }), lesson(2, { helped: 3, harmed: 2 })], [], [1, 2]],
    ['match by path', [lesson(1, { globs: ['src/**'] }), lesson(2, { globs: ['docs/**'] })], ['src/a.ts'], [1]],
    ['match below a named directory', [lesson(1, { globs: ['packages/web/src/**'] })], ['packages/web'], [1]],
  ])('%s', (_name, lessons, paths, expected) => {
    expect(chooseLessons(lessons, { now: NOW, paths }).map(({ number }) => number)).toEqual(expected);
  });

  test('take at most 2,000 tokens', () => {
    const many = Array.from({ length: 100 }, (_, index) => lesson(index + 1, { text: 'x'.repeat(240) }));
    expect(chooseLessons(many, { now: NOW, paths: [] })).toHaveLength(28);
  });
});

test('paths are found in plain text', () => {
  expect(findPaths(['Fix `src/total.js` and README.md, e.g. as in lib/a-b/c.', ''])).toEqual(
    expect.arrayContaining(['src/total.js', 'README.md', 'lib/a-b/c.']),
  );
});

test.each([
  [2, 0, false],
  [3, 2, true],
  [3, 3, false],
])('a lesson that harmed %i times and helped %i times is harmful: %s', (harmed, helped, expected) => {
  expect(isHarmful({ harmed, helped })).toBe(expected);
});

test('the nearest lessons are those that share most words, five at most', () => {
  const lessons = [
    lesson(1, { text: 'Dates are formatted in the local time zone.' }),
    lesson(2, { text: 'Totals are rounded in cents before they are added.' }),
    ...Array.from({ length: 6 }, (_, index) => lesson(index + 3, { text: `Totals everywhere ${index}` })),
  ];
  const near = nearestLessons('totals rounded in cents', lessons);
  expect(near[0]?.number).toBe(2);
  expect(near).toHaveLength(5);
  expect(nearestLessons('nothing alike', lessons.slice(0, 1))).toEqual([]);
});
