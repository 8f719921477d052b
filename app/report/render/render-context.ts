import type { TaskEvent } from '../../task/events.ts';
import type { RenderOptions } from '../report-facts.ts';
import { codeSpan, linkTo, login, plainLine } from './escape-text.ts';
import { formatCount, formatMany } from './format-facts.ts';

const MAX_ROWS = 40;

interface Source {
  readonly kind: string;
  readonly author: string | null;
  readonly url: string | null;
  readonly tokens: number | null;
}

/** Folded list of what went into the prompt, from the latest `task.hydrated` event; empty before there is one. */
export function renderContext(events: readonly TaskEvent[], options: RenderOptions): string {
  const data = events.findLast(({ kind }) => kind === 'task.hydrated')?.data;
  if (!data) {
    return '';
  }
  const sources = Array.isArray(data['sources']) ? data['sources'].map(readSource) : [];
  const tokens = countOf(data['tokenEstimate']);
  const title = [
    `What the agent read: ${formatMany(sources.length, 'text')}`,
    ...(tokens > 0 ? [`about ${formatCount(tokens)} tokens`] : []),
  ].join(', ');
  const notes = [describeTruncated(data['truncated']), describeRemoved(data['removed'])].filter((note) => note !== '');
  return [
    `<details><summary>${title}</summary>`,
    '',
    '| Text | By | Tokens |',
    '|---|---|--:|',
    ...sources.slice(0, MAX_ROWS).map((source) => renderSource(source, options)),
    ...(sources.length > MAX_ROWS ? [`| and ${sources.length - MAX_ROWS} more | | |`] : []),
    ...(notes.length > 0 ? ['', notes.join(' ')] : []),
    '',
    '</details>',
  ].join('\n');
}

function renderSource({ kind, author, url, tokens }: Source, { serverUrl }: RenderOptions): string {
  const isPath = /[./]/.test(kind);
  const name = isPath ? codeSpan(kind, 120).replaceAll('|', '/') : plainLine(kind, 120);
  const by = author === null ? '' : login(author).replaceAll('|', '/');
  return `| ${linkTo(name, { url, serverUrl })} | ${by} | ${tokens === null ? '' : formatCount(tokens)} |`;
}

function describeTruncated(value: unknown): string {
  const count = countOf(value);
  if (count > 1) {
    return `${formatCount(count)} older texts did not fit and were left out.`;
  }
  return count === 1 || value === true ? 'Older text did not fit and was left out.' : '';
}

function describeRemoved(value: unknown): string {
  const count = countOf(value);
  return count > 0 ? `Hidden text was taken out in ${formatMany(count, 'place')}.` : '';
}

/** A count however it was written: a number, a list, or counts by kind. */
function countOf(value: unknown): number {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value : 0;
  }
  if (Array.isArray(value)) {
    return value.length;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).reduce<number>((sum, entry) => sum + countOf(entry), 0);
  }
  return 0;
}

function readSource(value: unknown): Source {
  const source = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  return {
    kind: typeof source['kind'] === 'string' ? source['kind'] : 'text',
    author: typeof source['author'] === 'string' ? source['author'] : null,
    url: typeof source['url'] === 'string' ? source['url'] : null,
    tokens: typeof source['tokens'] === 'number' ? source['tokens'] : null,
  };
}
