import { takeStart } from '../../../protocol/index.ts';
import type { Weakening } from '../../task/checks/verdict.ts';
import { isTestPath, languageOf, type ChangedFile, type Language } from './changed-file.ts';
import { readTests, type TestsOfFile } from './read-tests.ts';

interface Compared {
  readonly path: string;
  readonly language: Language;
  readonly before: TestsOfFile;
  readonly after: TestsOfFile;
  readonly isGone: boolean;
}

/** Titles and lines that one message quotes. */
const MOST_QUOTED = 3;

/**
 * Tests that are gone, and skips that were added. Counted over the whole change and each language, so that tests that
 * were moved, renamed or written anew, as many as before, are no loss.
 */
export function findLostTests(files: readonly ChangedFile[]): Weakening[] {
  const compared = files.flatMap(compare);
  const languages = [...new Set(compared.map(({ language }) => language))];
  return languages.flatMap((language) => {
    const own = compared.filter((file) => file.language === language);
    return [...findDeleted(own), ...findSkipped(own), ...findGutted(own)];
  });
}

function compare(file: ChangedFile): Compared[] {
  const language = languageOf(file.path);
  if (language === null || file.isUnreadable) {
    return [];
  }
  const before = readTests(file.path, file.before ?? '');
  const after = readTests(file.path, file.after ?? '');
  const isByPlace = isTestPath(file.path);
  // Rust keeps tests beside the code; in other languages such a line outside of tests is something else.
  if (!isByPlace && language !== 'rust') {
    return [];
  }
  return [{ path: file.path, language, before, after, isGone: file.after === null }];
}

function findDeleted(files: readonly Compared[]): Weakening[] {
  const lost = sum(files, ({ before }) => before.tests.length) - sum(files, ({ after }) => after.tests.length);
  if (lost <= 0) {
    return [];
  }
  const left = new Set(files.flatMap(({ after }) => after.tests));
  return files
    .filter(({ after, before }) => after.tests.length < before.tests.length)
    .map(({ after, before, isGone, path }) => {
      const fewer = before.tests.length - after.tests.length;
      const gone = [...new Set(before.tests)].filter((title) => title !== '' && !left.has(title));
      const what = isGone
        ? `The file was deleted, and ${lost === 1 ? 'one test is' : `${lost} tests are`} not found anywhere else`
        : `${fewer} of ${before.tests.length} tests ${fewer === 1 ? 'is' : 'are'} gone`;
      return { kind: 'test_deleted', path, message: `${what}${quote(gone)}.` };
    });
}

function findSkipped(files: readonly Compared[]): Weakening[] {
  const added = sum(files, ({ after }) => after.skips.length) - sum(files, ({ before }) => before.skips.length);
  if (added <= 0) {
    return [];
  }
  return files
    .filter(({ after, before }) => after.skips.length > before.skips.length)
    .map(({ after, before, path }) => {
      const lines = after.skips.filter((line) => !before.skips.includes(line));
      return {
        kind: 'test_skipped',
        path,
        message: `Tests are skipped, or others are kept from running${quote(lines)}.`,
      };
    });
}

/** Tests that stand where they stood and look at nothing any more. */
function findGutted(files: readonly Compared[]): Weakening[] {
  const isMoved = sum(files, ({ after }) => after.assertions) >= sum(files, ({ before }) => before.assertions);
  if (isMoved) {
    return [];
  }
  return files
    .filter(({ after, before }) => before.assertions > 0 && after.assertions === 0 && after.tests.length > 0)
    .map(({ path }) => ({ kind: 'test_deleted', path, message: 'Its tests have no assertion any more.' }));
}

function quote(texts: readonly string[]): string {
  const shown = texts.slice(0, MOST_QUOTED).map((text) => `"${takeStart(text, 120)}"`);
  const more = texts.length > MOST_QUOTED ? ` and ${texts.length - MOST_QUOTED} more` : '';
  return shown.length === 0 ? '' : `: ${shown.join(', ')}${more}`;
}

function sum(files: readonly Compared[], countOf: (file: Compared) => number): number {
  return files.reduce((total, file) => total + countOf(file), 0);
}
