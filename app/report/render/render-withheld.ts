import type { Withheld } from '../../task/outcome.ts';
import { codeSpan, plainLine } from './escape-text.ts';
import { formatMany } from './format-facts.ts';

const MAX_ITEMS = 20;
const MAX_LEFT_OUT = 10;
const MAX_MESSAGE_CHARS = 900;

/** Which files are not in the commit and why; empty when there are none. */
export function renderLeftOut(leftOut: readonly string[]): string {
  if (leftOut.length === 0) {
    return '';
  }
  const names = leftOut.slice(0, MAX_LEFT_OUT).map((name) => codeSpan(name, 120));
  const rest = leftOut.length - names.length;
  const more = rest > 0 ? ` and ${rest} more` : '';
  return `**Left out of the commit** (dependencies, caches, core dumps, files over 50 MiB or repositories inside the repository, none of which the repository ignores): ${names.join(', ')}${more}.`;
}

/** What the publisher held back, and why; empty when it held back nothing. */
export function renderWithheld(withheld: readonly Withheld[]): string {
  if (withheld.length === 0) {
    return '';
  }
  return `**Withheld** (${formatMany(withheld.length, 'finding')}); the patch is on the server:\n\n${renderFindings(withheld)}`;
}

/** A list of what the gate found. */
export function renderFindings(findings: readonly Withheld[]): string {
  const items = findings.slice(0, MAX_ITEMS).map(({ code, path, message }) => {
    const where = path === null ? '' : `${codeSpan(path)}: `;
    return `- ${where}${plainLine(message, MAX_MESSAGE_CHARS)} (${codeSpan(code)})`;
  });
  const rest = findings.length - items.length;
  return [...items, ...(rest > 0 ? [`- and ${rest} more`] : [])].join('\n');
}
