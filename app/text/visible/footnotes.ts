import type { MarkdownEvent } from './markdown-events.ts';

/** The label of a footnote call or definition, as GitHub compares them. */
export function footnoteLabel(source: string): string {
  const end = source.indexOf(']');
  return source
    .slice(source.indexOf('^') + 1, end === -1 ? source.length : end)
    .toLowerCase()
    .toUpperCase();
}

/** Labels of the footnotes that the text itself calls, or that a called footnote calls. Only these are shown. */
export function calledFootnotes(source: string, events: readonly MarkdownEvent[]): ReadonlySet<string> {
  const calls = new Map<string, Set<string>>();
  const within: string[] = [];
  for (const [kind, token] of events) {
    const type: string = token.type;
    if (type === 'gfmFootnoteDefinition') {
      if (kind === 'enter') {
        within.push(footnoteLabel(source.slice(token.start.offset, token.end.offset)));
      } else {
        within.pop();
      }
    } else if (type === 'gfmFootnoteCall' && kind === 'enter') {
      const from = within.at(-1) ?? '';
      const called = calls.get(from) ?? new Set<string>();
      calls.set(from, called.add(footnoteLabel(source.slice(token.start.offset, token.end.offset))));
    }
  }
  const shown = new Set<string>();
  const pending = [...(calls.get('') ?? [])];
  for (let label = pending.pop(); label !== undefined; label = pending.pop()) {
    if (!shown.has(label)) {
      shown.add(label);
      pending.push(...(calls.get(label) ?? []));
    }
  }
  return shown;
}
