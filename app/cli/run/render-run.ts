import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import type { LocalRun } from './run-locally.ts';

const VERIFIED = { passed: 'passed', failed: 'failed', not_run: 'were not run' } as const;

/** How the run ended, for people: what came out, what it cost, and what to do next. */
export function renderRunResult(run: LocalRun, output: Output): string {
  const isGood = run.state === 'COMPLETED';
  const state = isGood ? output.good('Done') : output.bad(run.state === null ? 'Not started' : `Ended as ${run.state}`);
  const models = Object.entries(run.cost_by_model).map(([model, usd]) => `${model} $${usd}`);
  const lines = [
    '',
    `${state} in ${(run.duration_ms / 1_000).toFixed(1)} s, for $${run.cost_usd}${models.length === 0 ? '' : ` (${models.join(', ')})`}`,
    ...(run.summary === '' ? [] : ['', printable(run.summary, { lines: 'kept' }).trim()]),
    ...(run.questions.length === 0
      ? []
      : ['', 'The agent asks:', ...run.questions.map((each) => `  - ${printable(each)}`)]),
    ...(run.problem === null ? [] : ['', printable(run.problem, { lines: 'kept' }).trim()]),
    ...run.withheld.map(
      ({ code, message, path }) => `  ${code}${path === null ? '' : ` ${printable(path)}`}: ${printable(message)}`,
    ),
    '',
    ...renderWork(run),
  ];
  return `${lines.join('\n')}\n`;
}

function renderWork(run: LocalRun): string[] {
  if (run.files_changed === 0) {
    return [
      'There is no change to look at.',
      ...(run.questions.length === 0 ? [] : ['Run it again with the answers in the text.']),
    ];
  }
  const what = `${run.files_changed} ${run.files_changed === 1 ? 'file' : 'files'} changed; tests ${VERIFIED[run.verified]}`;
  return run.branch === null
    ? [what]
    : [
        what,
        `  look    git diff HEAD...${run.branch}`,
        `  take    git merge ${run.branch}`,
        `  drop    git branch -D ${run.branch}`,
      ];
}
