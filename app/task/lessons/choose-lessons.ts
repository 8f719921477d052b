import path from 'node:path';
import type { Lesson } from './lesson.ts';

/** A token of text has about four characters; 2,000 tokens in all. */
const MAX_CHARS = 8_000;
/** What a line has beside its text. */
const FRAME_CHARS = 40;
const MAX_PATHS = 200;

/**
 * The lessons for a task: active ones whose paths it is about, those that helped most first, within 2,000 tokens. None before
 * a person has kept one in this repository: until then nobody looked at what is written here.
 */
export function chooseLessons(
  lessons: readonly Lesson[],
  about: { readonly now: Date; readonly paths: readonly string[] },
): readonly Lesson[] {
  if (!lessons.some(({ keptBy, status }) => keptBy !== null && status === 'active')) {
    return [];
  }
  const fitting = lessons
    .filter(({ expiresAt, status }) => status === 'active' && expiresAt > about.now)
    .filter(({ globs }) => globs.length === 0 || globs.some((glob) => about.paths.some((one) => matches(one, glob))))
    .toSorted((a, b) => b.helped - b.harmed - (a.helped - a.harmed) || b.number - a.number);
  let left = MAX_CHARS;
  return fitting.filter(({ text }) => {
    left -= text.length + FRAME_CHARS;
    return left >= 0;
  });
}

/** A task that is about a directory is about what lies in it, too. */
function matches(one: string, glob: string): boolean {
  const root = glob.replace(/[*?[{].*$/, '').replace(/\/$/, '');
  return path.matchesGlob(one, glob) || (root !== '' && (one === root || root.startsWith(`${one}/`)));
}

/** The paths that a request names, as far as text shows them: words with a slash or a file extension. */
export function findPaths(texts: readonly string[]): readonly string[] {
  const found = texts.flatMap((text) => text.match(/[\w.-]+(?:\/[\w.-]+)+|[\w-]+\.[a-z]{1,5}\b/g) ?? []);
  return [...new Set(found)].filter((_, index) => index < MAX_PATHS);
}

/** Whether a lesson did more harm than good, often enough to be sure. */
export function isHarmful({ harmed, helped }: Pick<Lesson, 'harmed' | 'helped'>): boolean {
  return harmed >= 3 && harmed > helped;
}
