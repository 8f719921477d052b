import { findLatest, type EventData, type TaskEvent } from '../../task/events.ts';
import type { RenderOptions } from '../report-facts.ts';
import { codeSpan, linkTo, login, plainLine } from './escape-text.ts';
import { formatCount, formatMany } from './format-facts.ts';

const MAX_ROWS = 40;

type Reading = EventData<'task.hydrated'>;

/** Folded list of what went into the prompt, from the latest `task.hydrated` event; empty before there is one. */
export function renderContext(events: readonly TaskEvent[], options: RenderOptions): string {
  const reading = findLatest(events, 'task.hydrated')?.data;
  if (reading === undefined) {
    return '';
  }
  const { sources, tokenEstimate } = reading;
  const title = [
    `What the agent read: ${formatMany(sources.length, 'source')}`,
    ...(tokenEstimate > 0 ? [`about ${formatCount(tokenEstimate)} tokens`] : []),
  ].join(', ');
  const notes = [
    describeLeftOut(reading),
    describeCut(reading.cut),
    describeUnread(reading.unread),
    describeDrawings(reading.drawings),
    describeHidden(reading.hidden),
  ].filter((note) => note !== '');
  return [
    `<details><summary>${title}</summary>`,
    '',
    '| Source | Author | Tokens |',
    '|---|---|--:|',
    ...sources.slice(0, MAX_ROWS).map((source) => renderSource(source, options)),
    ...(sources.length > MAX_ROWS ? [`| and ${sources.length - MAX_ROWS} more | | |`] : []),
    ...(notes.length > 0 ? ['', notes.join(' ')] : []),
    '',
    '</details>',
  ].join('\n');
}

function renderSource(source: Reading['sources'][number], { serverUrl }: RenderOptions): string {
  const { author, tokens, url } = source;
  const label = source.label === '' ? source.kind : source.label;
  const isPath = /^[\w./-]+\.\w+$/.test(label);
  const name = isPath ? codeSpan(label, 120) : plainLine(label, 120);
  const by = author === null || author === '' ? '' : login(author).replaceAll('|', '/');
  return `| ${linkTo(name, { url, serverUrl })} | ${by} | ${formatCount(tokens)} |`;
}

const LEFT_OUT: Readonly<Record<keyof Reading['leftOut'], string>> = {
  notWriter: 'by people without write access',
  later: 'written after the command',
  edited: 'edited since the command',
  bot: 'by bots',
};

/** What people wrote and the agent did not see, so that nothing is left out silently. */
function describeLeftOut({ dropped, leftOut, truncated }: Reading): string {
  const reasons = Object.entries(LEFT_OUT).map(([key, why]): [number, string] => [
    leftOut[key as keyof Reading['leftOut']],
    why,
  ]);
  const isCut = truncated && dropped === 0;
  const named = [...reasons, [dropped, 'older ones that did not fit'] as const]
    .filter(([count]) => count > 0)
    .map(([count, why]) => `${formatCount(count)} ${why}`);
  const parts = [...named, ...(isCut ? ['older text that did not fit'] : [])];
  return parts.length > 0 ? `Comments left out: ${parts.join(', ')}.` : '';
}

/** Quoted mails are other people's words, no matter who sent the comment. */
function describeCut(count = 0): string {
  return count > 0 ? `Quoted emails and signatures were removed from ${formatMany(count, 'comment')}.` : '';
}

/** Instruction files that were not read, or not to their end. */
function describeUnread(unread: Reading['unread'] = []): string {
  const files = unread.map(({ path, why }) => `${codeSpan(path, 120)} (${plainLine(why, 200)})`);
  return files.length > 0 ? `Instructions not read: ${files.join(', ')}.` : '';
}

function describeDrawings(count = 0): string {
  return count > 0
    ? `Diagrams and formulas that GitHub renders were left out in ${formatMany(count, 'place')}; describe them in words.`
    : '';
}

function describeHidden(count: number): string {
  return count > 0 ? `Hidden text was removed in ${formatMany(count, 'place')}.` : '';
}
