import type { Lesson } from './lesson.ts';

const MOST = 5;

/** The lessons that say most nearly the same, nearest first: those a new one is merged against. */
export function nearestLessons(text: string, lessons: readonly Lesson[]): readonly Lesson[] {
  const words = wordsOf(text);
  return lessons
    .map((lesson) => ({ lesson, likeness: likenessOf(words, wordsOf(lesson.text)) }))
    .filter(({ likeness }) => likeness > 0)
    .toSorted((a, b) => b.likeness - a.likeness || a.lesson.number - b.lesson.number)
    .slice(0, MOST)
    .map(({ lesson }) => lesson);
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}_]{3,}/gu) ?? []);
}

/** Shared words as a share of all words. */
function likenessOf(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const shared = [...one].filter((word) => other.has(word)).length;
  return shared === 0 ? 0 : shared / (one.size + other.size - shared);
}
