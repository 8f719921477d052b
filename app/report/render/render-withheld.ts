import type { Withheld } from '../../task/outcome.ts';
import { codeSpan, plainLine } from './escape-text.ts';
import { formatMany } from './format-facts.ts';

const MAX_ITEMS = 20;

/** What the publisher held back, and why; empty when it held back nothing. */
export function renderWithheld(withheld: readonly Withheld[]): string {
  if (withheld.length === 0) {
    return '';
  }
  const items = withheld.slice(0, MAX_ITEMS).map(({ code, path, message }) => {
    const where = path === null ? '' : `${codeSpan(path)}: `;
    return `- ${where}${plainLine(message)} (${codeSpan(code)})`;
  });
  const rest = withheld.length - items.length;
  return [
    `**Withheld** (${formatMany(withheld.length, 'finding')}); the patch is on the server:`,
    '',
    ...items,
    ...(rest > 0 ? [`- and ${rest} more`] : []),
  ].join('\n');
}
