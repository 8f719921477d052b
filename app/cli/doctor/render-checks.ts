import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import type { Check } from './check.ts';
import type { EffectiveSetting } from './effective-settings.ts';
import { renderColumns, type Cell } from '../inspect/render-columns.ts';

/** The longest name of a check. */
const NAME_WIDTH = 'data directory'.length;
const MARGIN = NAME_WIDTH + 6;
const NARROWEST = 30;
const MARKS = { ok: '✓', warn: '!', fail: '✗', skip: '–' } as const;

/** One check: mark, name, what was found, and below it what to do. */
export function renderCheck(check: Check, output: Output): string {
  const paint = { ok: output.good, warn: output.warned, fail: output.bad, skip: output.quiet }[check.state];
  const width = Math.max(NARROWEST, output.columns - MARGIN - 2);
  const [first = '', ...more] = wrap(check.found, width);
  const lines = [`  ${paint(MARKS[check.state])} ${check.name.padEnd(NAME_WIDTH)}  ${first}`, ...more.map(indent)];
  const remedy = check.remedy === null ? [] : wrap(check.remedy, width);
  return [...lines, ...remedy.map((line, index) => indent(`${index === 0 ? '→' : ' '} ${line}`))].join('\n');
}

function indent(line: string): string {
  return `${' '.repeat(MARGIN)}${line}`;
}

/** Lines no wider than `width`, broken between words; a longer word stays whole, so that it can be copied. */
function wrap(text: string, width: number): string[] {
  return printable(text, { lines: 'kept' })
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const lines: string[] = [''];
      for (const word of line.split(' ')) {
        const last = lines.at(-1) ?? '';
        if (last !== '' && last.length + 1 + word.length > width) {
          lines.push(word);
        } else {
          lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
        }
      }
      return lines;
    });
}

export function renderVerdict(checks: readonly Check[], output: Output): string {
  const count = (state: Check['state']): number => checks.filter((check) => check.state === state).length;
  const [failed, warned, skipped] = [count('fail'), count('warn'), count('skip')];
  if (failed > 0) {
    const rest = skipped > 0 ? `, ${skipped} not checked` : '';
    return output.bad(
      `${failed} of ${checks.length} checks failed${rest}. Apply the fixes marked with →, then run it again.`,
    );
  }
  return warned > 0
    ? output.warned(`Ready, with ${warned} ${warned === 1 ? 'warning' : 'warnings'}.`)
    : output.good('All checks passed: `bosun start` can run.');
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
