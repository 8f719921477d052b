import { takeStart } from '../../../protocol/index.ts';
import type { Criterion, CriterionAnswer } from './verdict.ts';

const MOST_CRITERIA = 20;
const MOST_CHARS = 400;

const HEADING = /^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$|^\s*\*\*(.+?)\*\*:?\s*$/;
const ACCEPTANCE = /accept|criteria|definition of done|\bdone when\b|requirement|expected|must|should/i;
const ITEM = /^\s*(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(.+)$/;
const CHECKBOX = /^\s*(?:[-*+]|\d{1,3}[.)])\s+\[[ xX]\]\s+(.+)$/;

/**
 * What an issue asks for, as a numbered list: the points below a heading about acceptance, else its checkboxes, else its
 * title and paragraphs. The same text gives the same ids.
 */
export function readCriteria(text: { readonly title: string; readonly body: string }): readonly Criterion[] {
  const lines = withoutCode(text.body).split('\n');
  const found = [readBelowHeading(lines), readItems(lines, CHECKBOX)].find((items) => items.length > 0);
  const items = found ?? [text.title, ...readParagraphs(lines)];
  return items
    .map((item) => takeStart(item.replaceAll(/\s+/g, ' ').trim(), MOST_CHARS))
    .filter((item) => item !== '')
    .slice(0, MOST_CRITERIA)
    .map((item, at) => ({ id: `C${at + 1}`, text: item }));
}

function readBelowHeading(lines: readonly string[]): string[] {
  let isInside = false;
  return lines.flatMap((line) => {
    const [, heading, bold] = HEADING.exec(line) ?? [];
    const title = heading ?? bold;
    if (title !== undefined) {
      isInside = ACCEPTANCE.test(title);
      return [];
    }
    return isInside ? readItems([line], ITEM) : [];
  });
}

function readItems(lines: readonly string[], pattern: RegExp): string[] {
  return lines.flatMap((line) => (line.length > 2_000 ? [] : (pattern.exec(line)?.[1] ?? [])));
}

function readParagraphs(lines: readonly string[]): string[] {
  return lines
    .map((line) => (HEADING.test(line) ? '' : line))
    .join('\n')
    .split(/\n\s*\n/);
}

function withoutCode(body: string): string {
  return body.replaceAll(/^(```|~~~)[^\n]*\n[\s\S]*?(?:^\1[^\n]*$|$(?![\s\S]))/gm, '');
}

/** Lines that a patch adds or shows, by path: what evidence can point at. */
export function readPatchLines(patch: string): ReadonlyMap<string, ReadonlySet<number>> {
  const found = new Map<string, Set<number>>();
  let lines: Set<number> | null = null;
  let at = 0;
  for (const line of patch.split('\n')) {
    const [, path] = /^\+\+\+ b\/(.+)$/.exec(line) ?? [];
    const [, start] = /^@@ -\d+(?:,\d+)? \+(\d+)/.exec(line) ?? [];
    if (line.startsWith('diff --git ')) {
      lines = null;
    } else if (path !== undefined && lines === null) {
      lines = new Set();
      found.set(path, lines);
    } else if (start !== undefined) {
      at = Number(start);
    } else if (lines !== null && (line.startsWith('+') || line.startsWith(' '))) {
      lines.add(at);
      at += 1;
    }
  }
  return found;
}

/** Evidence that is not in the change is none: what it was to prove cannot be told. */
export function checkEvidence(answers: readonly CriterionAnswer[], patch: string): readonly CriterionAnswer[] {
  const lines = readPatchLines(patch);
  return answers.map((answer) => {
    const { evidence } = answer;
    const isThere = evidence !== null && lines.get(evidence.path)?.has(evidence.line) === true;
    return answer.answer === 'met' && !isThere ? { ...answer, answer: 'cannot_tell', evidence: null } : answer;
  });
}
