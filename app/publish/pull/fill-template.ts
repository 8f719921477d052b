/** Headings under which repositories ask what a change is about. */
const SUMMARY_HEADING = /^#{1,6}\s+.*\b(?:description|summary|what|changes?|overview|about|purpose)\b/i;
const HEADING = /^#{1,6}\s/;
/** A closing keyword left open for the author: `Fixes #`, `Closes #(issue)`. */
const OPEN_REFERENCE =
  /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s+#(?![0-9])\s*(?:\(issue(?: number)?\)|<[^>\n]*>)?/i;

/**
 * Fills in a template: the summary under the heading that asks for it, or on top when none does, and the reference to the
 * issue where it was left open. Everything else stays, boxes unticked: those promises are a person's to make.
 */
export function fillTemplate(template: string, fill: { summary: string; reference: string }): string {
  const lines = template.replaceAll('\r\n', '\n').trimEnd().split('\n');
  const heading = lines.findIndex((line) => SUMMARY_HEADING.test(line));
  const body = lines.join('\n');
  const hasOpenReference = OPEN_REFERENCE.test(body);
  const closing = hasOpenReference ? '' : `\n\n${fill.reference}`;
  if (heading === -1) {
    return refer(`${fill.summary}${closing}\n\n${body}`, fill.reference);
  }
  const next = lines.findIndex((line, index) => index > heading && HEADING.test(line));
  const end = next === -1 ? lines.length : next;
  const asked = lines.slice(heading + 1, end).filter((line) => line.trim() !== '');
  const filled = [
    ...lines.slice(0, heading + 1),
    '',
    `${fill.summary}${closing}`,
    '',
    ...(asked.length === 0 ? [] : [...asked, '']),
    ...lines.slice(end),
  ].join('\n');
  return refer(filled.trimEnd(), fill.reference);
}

/** A function instead of a string, because `$` means something in one. */
function refer(text: string, reference: string): string {
  return text.replace(OPEN_REFERENCE, () => reference);
}
