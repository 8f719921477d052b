import type { TaskEvent } from '../../task/events.ts';
import type { RenderOptions } from '../report-facts.ts';
import { codeSpan, linkTo, login, plainLine } from './escape-text.ts';
import { formatCount, formatMany } from './format-facts.ts';

const MAX_ROWS = 40;

interface Source {
  readonly label: string;
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
  const notes = [describeLeftOut(data), describeHidden(data['hidden'])].filter((note) => note !== '');
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

function renderSource({ label, author, url, tokens }: Source, { serverUrl }: RenderOptions): string {
  const isPath = /^[\w./-]+\.\w+$/.test(label);
  const name = isPath ? codeSpan(label, 120) : plainLine(label, 120);
  const by = author === null ? '' : login(author).replaceAll('|', '/');
  return `| ${linkTo(name, { url, serverUrl })} | ${by} | ${tokens === null ? '' : formatCount(tokens)} |`;
}

const LEFT_OUT: Readonly<Record<string, string>> = {
  notWriter: 'by people without write access',
  later: 'written after the command',
  edited: 'edited since the command',
  bot: 'by bots',
};

/** What people wrote and the agent did not see, so that nothing vanishes unsaid. */
function describeLeftOut(data: Readonly<Record<string, unknown>>): string {
  const counts = typeof data['leftOut'] === 'object' && data['leftOut'] !== null ? data['leftOut'] : {};
  const reasons = Object.entries(LEFT_OUT).map(([key, why]): [number, string] => [
    countOf((counts as Record<string, unknown>)[key]),
    why,
  ]);
  const dropped = countOf(data['dropped']);
  const isCut = data['truncated'] === true && dropped === 0;
  const named = [...reasons, [dropped, 'older ones that did not fit'] as const]
    .filter(([count]) => count > 0)
    .map(([count, why]) => `${formatCount(count)} ${why}`);
  const parts = [...named, ...(isCut ? ['older text that did not fit'] : [])];
  return parts.length > 0 ? `Comments left out: ${parts.join(', ')}.` : '';
}

function describeHidden(value: unknown): string {
  const count = countOf(value);
  return count > 0 ? `Hidden text was taken out in ${formatMany(count, 'place')}.` : '';
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : 0;
}

function readSource(value: unknown): Source {
  const source = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  return {
    label: textOf(source['label']) ?? textOf(source['kind']) ?? 'text',
    author: textOf(source['author']),
    url: textOf(source['url']),
    tokens: typeof source['tokens'] === 'number' ? source['tokens'] : null,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
