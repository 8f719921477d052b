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
  const asked = template.replaceAll('\r\n', '\n').trimEnd();
  // Before the summary is put in: its words are not the template's to fill.
  const body = asked.replace(OPEN_REFERENCE, () => fill.reference);
  const closing = OPEN_REFERENCE.test(asked) ? '' : `\n\n${fill.reference}`;
  const lines = body.split('\n');
  const heading = lines.findIndex((line) => SUMMARY_HEADING.test(line));
  if (heading === -1) {
    return `${fill.summary}${closing}\n\n${body}`;
  }
  const next = lines.findIndex((line, index) => index > heading && HEADING.test(line));
  const end = next === -1 ? lines.length : next;
  const rest = lines.slice(heading + 1, end).filter((line) => line.trim() !== '');
  return [
    ...lines.slice(0, heading + 1),
    '',
    `${fill.summary}${closing}`,
    '',
    ...(rest.length === 0 ? [] : [...rest, '']),
    ...lines.slice(end),
  ]
    .join('\n')
    .trimEnd();
}
