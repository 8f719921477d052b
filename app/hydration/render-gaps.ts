import type { Gap } from '../task/checks/verdict.ts';
import type { Task } from '../task/task.ts';
import { fenceData } from '../text/fence.ts';

/**
 * What was found in the work so far, for the agent that goes on with it: failing commands with what they really printed,
 * and the criteria that are not met; null where nothing is open. What programs and people wrote is data.
 */
export function renderGaps({ verdict: stored }: Pick<Task, 'verdict'>): string | null {
  const verdict = stored?.accepted === undefined ? stored?.verdict : undefined;
  if (verdict === undefined || verdict.kind === 'PASSED' || verdict.gaps.length === 0) {
    return null;
  }
  return [
    '# What is still missing',
    '',
    'The work so far was checked in a fresh checkout, and this was found. Fix the cause in the code; do not delete, skip or weaken tests, and do not edit what the checks run.',
    ...verdict.gaps.map(renderGap),
  ].join('\n\n');
}

function renderGap(gap: Gap): string {
  if (gap.kind === 'criterion') {
    return fenceData(gap.text, { label: `criterion ${gap.id}, which is not met`, authorId: null, authorLogin: null });
  }
  const label = `end of the output of the check ${gap.name}, exit code ${gap.exitCode ?? 'none'}`;
  return fenceData(`$ ${gap.command}\n${gap.outputTail}`, { label, authorId: null, authorLogin: null });
}
