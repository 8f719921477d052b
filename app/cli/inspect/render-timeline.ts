import { formatUsd } from '../../budget/money.ts';
import type { EventKind, TaskEvent } from '../../task/events.ts';
import { printable } from '../printable.ts';
import { renderColumns, type Cell } from './render-columns.ts';

type Data = TaskEvent['data'];

/** What an event says about itself; kinds that are missing show their data as it is. */
const TOLD: Partial<Record<EventKind, (data: Data) => string>> = {
  'task.waiting': (data) => join(said(data, 'reason'), said(data, 'note'), until(data)),
  'task.resumed': (data) => ('by' in data ? `by ${said(data, 'by')}` : join(said(data, 'reason'), 'is over')),
  'task.hydrated': describeReading,
  'task.progress': (data) =>
    join(said(data, 'phase'), Number(data['turn'] ?? 0) > 0 ? `turn ${said(data, 'turn')}` : '', said(data, 'note')),
  'task.budget_raised': (data) =>
    `by ${dollars(data, 'addNano')} to ${dollars(data, 'budgetNano')}, by ${said(data, 'by')}`,
  'task.stop_requested': (data) => join(said(data, 'kind'), `by ${said(data, 'by')}`),
  'task.session_ended': (data) => describeSession(data['session']),
  'task.gate_passed': describePush,
  'task.pushed': describePush,
  'task.published': (data) => join(`pull request #${said(data, 'number')}`, said(data, 'url')),
  'task.budget_warning': (data) => `${said(data, 'percent')} % of the budget spent`,
  'task.note': (data) => said(data, 'note'),
  'task.attempt_lost': (data) => join(said(data, 'why'), until(data)),
  'task.ended': (data) => join(said(data, 'outcome'), said(data, 'code'), 'by' in data ? `by ${said(data, 'by')}` : ''),
};

/** Events as lines: when, how long after the one before, what, and what it says. Text of others is made printable. */
export function renderTimeline(events: readonly TaskEvent[], quiet: (text: string) => string): string {
  const rows = events.map((event, index): Cell[] => {
    const before = events[index - 1]?.at ?? event.at;
    return [
      { text: `  ${event.at.toISOString().slice(0, 19).replace('T', ' ')}`, paint: quiet },
      { text: `+${formatGap(event.at.getTime() - before.getTime())}`, paint: quiet },
      { text: event.kind.replace('task.', '').replaceAll('_', ' ') },
      { text: printable(describeEvent(event)).slice(0, 200) },
    ];
  });
  return renderColumns(rows);
}

function describeEvent(event: TaskEvent): string {
  const told = TOLD[event.kind];
  return told === undefined ? describePlainly(event.data) : told(event.data);
}

function describePlainly(data: Data): string {
  return Object.entries(data)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) =>
      key.endsWith('Nano') && typeof value === 'number'
        ? `${words(key.slice(0, -'Nano'.length))} $${formatUsd(value)}`
        : `${words(key)} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join(', ');
}

function describeReading(data: Data): string {
  const sources = Array.isArray(data['sources']) ? data['sources'].length : 0;
  const dropped = typeof data['dropped'] === 'number' ? data['dropped'] : 0;
  return join(
    `${sources} sources`,
    `about ${said(data, 'tokenEstimate') || '0'} tokens`,
    dropped > 0 ? `${dropped} dropped for length` : '',
    data['resumed'] === true ? 'goes on from earlier work' : '',
  );
}

function describePush(data: Data): string {
  return join(
    countOf(data, 'commits', 'commit'),
    countOf(data, 'filesChanged', 'file'),
    `head ${said(data, 'headSha').slice(0, 10)}`,
  );
}

function countOf(data: Data, key: string, noun: string): string {
  const count = said(data, key);
  return count === '' ? '' : `${count} ${noun}${count === '1' ? '' : 's'}`;
}

function describeSession(session: unknown): string {
  if (typeof session !== 'object' || session === null || !('kind' in session)) {
    return '';
  }
  const facts = session as Readonly<Record<string, unknown>>;
  return join(
    said(facts, 'kind'),
    said(facts, 'why'),
    typeof facts['exitCode'] === 'number' ? `exit code ${facts['exitCode']}` : '',
    facts['outOfMemory'] === true ? 'out of memory' : '',
  );
}

function until(data: Data): string {
  const wakeAt = said(data, 'wakeAt');
  return wakeAt === '' ? '' : `until ${wakeAt.slice(0, 19).replace('T', ' ')}`;
}

function said(data: Data, key: string): string {
  const value = data[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function dollars(data: Data, key: string): string {
  const value = data[key];
  return `$${formatUsd(typeof value === 'number' ? value : 0)}`;
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}

/** `headSha` → `head sha`. */
function words(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function formatGap(ms: number): string {
  if (ms < 10_000) {
    return `${(Math.max(0, ms) / 1_000).toFixed(1)}s`;
  }
  const minutes = ms / 60_000;
  if (minutes < 1) {
    return `${Math.round(ms / 1_000)}s`;
  }
  return minutes < 120 ? `${Math.round(minutes)}m` : `${Math.round(minutes / 60)}h`;
}
