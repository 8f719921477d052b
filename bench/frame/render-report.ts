import type { Goal, Report, Table } from './report.ts';

/** A report as Markdown, so that it can be read in a terminal and pasted into a page. */
export function renderReport(report: Report): string {
  const { machine } = report;
  const place = `${machine.cores} cores (${machine.cpu}), ${machine.memoryGb} GB, ${machine.platform}, Node ${machine.node}`;
  return [
    `# ${report.bench}`,
    `${place}; load before: ${machine.loadBefore}; medians of ${report.runs} runs, lowest and highest in brackets.`,
    report.notes.map((note) => `- ${note}`).join('\n'),
    ...report.tables.map(renderTable),
    ...(report.goals.length === 0
      ? []
      : [renderTable({ title: 'Goals', head: ['figure', 'goal', 'measured', ''], rows: report.goals.map(goalRow) })]),
  ].join('\n\n');
}

function goalRow(goal: Goal): string[] {
  return [goal.what, goal.goal, goal.measured, goal.met ? 'met' : '**missed**'];
}

function renderTable({ title, head, rows }: Table): string {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  function line(cells: readonly string[]): string {
    return `| ${widths.map((width, column) => pad(cells[column] ?? '', { width, column })).join(' | ')} |`;
  }
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [`## ${title}`, '', line(head), line(rule), ...rows.map(line)].join('\n');
}

function pad(cell: string, { width, column }: { width: number; column: number }): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
