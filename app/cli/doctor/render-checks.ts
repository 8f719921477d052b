import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import type { Check } from './check.ts';
import type { EffectiveSetting } from './effective-settings.ts';
import { renderColumns, type Cell } from '../inspect/render-columns.ts';

/** The longest name of a check. */
const NAME_WIDTH = 'data directory'.length;
const MARKS = { ok: '✓', warn: '!', fail: '✗', skip: '–' } as const;

/** One check: mark, name, what was found, and below it what to do. */
export function renderCheck(check: Check, output: Output): string {
  const paint = { ok: output.good, warn: output.warned, fail: output.bad, skip: output.quiet }[check.state];
  const found = printable(check.found, { lines: 'kept' }).trimEnd();
  const [first = '', ...more] = found.split('\n');
  const margin = ' '.repeat(NAME_WIDTH + 6);
  const lines = [
    `  ${paint(MARKS[check.state])} ${check.name.padEnd(NAME_WIDTH)}  ${first}`,
    ...more.map((line) => margin + line),
  ];
  if (check.remedy !== null) {
    const remedy = printable(check.remedy, { lines: 'kept' }).trimEnd().split('\n');
    lines.push(...remedy.map((line, index) => `${margin}${index === 0 ? '→' : ' '} ${line}`));
  }
  return lines.join('\n');
}

export function renderVerdict(checks: readonly Check[], output: Output): string {
  const count = (state: Check['state']): number => checks.filter((check) => check.state === state).length;
  const [failed, warned, skipped] = [count('fail'), count('warn'), count('skip')];
  if (failed > 0) {
    const rest = skipped > 0 ? `, ${skipped} not looked at` : '';
    return output.bad(
      `${failed} of ${checks.length} checks failed${rest}. Mend what the arrows say, then run it again.`,
    );
  }
  return warned > 0
    ? output.warned(`Ready, with ${warned} ${warned === 1 ? 'thing' : 'things'} to look at.`)
    : output.good('All is well: `bosun start` can run.');
}

export function renderSettings(settings: readonly EffectiveSetting[], output: Output): string {
  const lines: string[] = [];
  for (const group of new Set(settings.map((setting) => setting.group))) {
    const rows = settings
      .filter((setting) => setting.group === group)
      .map((setting): Cell[] => [
        { text: `  ${setting.name}` },
        { text: describeValue(setting), ...(setting.source === 'set' ? {} : { paint: output.quiet }) },
      ]);
    lines.push(output.strong(group), renderColumns(rows), '');
  }
  return lines.join('\n');
}

function describeValue({ secret, source, value }: EffectiveSetting): string {
  if (source === 'unset') {
    return 'not set';
  }
  const shown = secret && source === 'set' ? 'set, not shown' : printable(value ?? '');
  return source === 'default' ? `${shown} (default)` : shown;
}
