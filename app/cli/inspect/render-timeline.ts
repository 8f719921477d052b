import { takeStart } from '../../../protocol/index.ts';
import type { TaskEvent } from '../../task/events.ts';
import { printable } from '../printable.ts';
import { describeEvent } from '../../control/describe-event.ts';
import { renderColumns, type Cell } from './render-columns.ts';

/** Events as lines: when, how long after the one before, what, and what it reports. Text of others is made printable. */
export function renderTimeline(events: readonly TaskEvent[], quiet: (text: string) => string): string {
  const rows = events.map((event, index): Cell[] => {
    const before = events[index - 1]?.at ?? event.at;
    const kind = event.kind === 'unknown' ? event.name : event.kind;
    return [
      { text: `  ${event.at.toISOString().slice(0, 19).replace('T', ' ')}`, paint: quiet },
      { text: `+${formatGap(event.at.getTime() - before.getTime())}`, paint: quiet },
      { text: printable(kind.replace('task.', '').replaceAll('_', ' ')) },
      { text: takeStart(printable(describeEvent(event)), 200) },
    ];
  });
  return renderColumns(rows);
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
