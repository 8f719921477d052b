import { isTerminal, type Step } from '../../../protocol/index.ts';
import { TASK_TYPE_RECORDS } from '../../task/task-types.ts';
import type { ReportFacts } from '../report-facts.ts';
import { verifyCommandOf } from '../../task/environment/verify-command.ts';
import { readCheck } from '../../task/checks/read-check.ts';
import { codeSpan } from './escape-text.ts';
import { environmentFacts } from './render-environment.ts';

/** The checklist of a task: what is done, what is in progress with its turn and note, what is to come. */
export function renderSteps(facts: ReportFacts): string {
  const { attempt, task } = facts;
  const items = TASK_TYPE_RECORDS[task.type].checklist(task, { verify: verifyCommandOf(task, attempt) });
  const environment = environmentFacts(attempt?.environment ?? null);
  const step = currentStep(facts);
  const currentIndex = step === null ? -1 : items.findIndex((item) => item.steps.includes(step));
  return items
    .map((item, index) => {
      const named = item.code === undefined ? item.title : `${item.title} ${codeSpan(item.code, 80)}`;
      const isSetUp = item.steps.includes('setup') && environment.length > 0;
      const title = isSetUp ? ['Prepare the environment', ...environment].join(' · ') : named;
      if (index === currentIndex) {
        return [`- [ ] **${title}**`, ...detailsOf(facts)].join(' · ');
      }
      if (index > currentIndex) {
        return `- [ ] ${title}`;
      }
      return item.steps.every((one) => one === 'verify') ? verifyItem(title, facts) : `- [x] ${title}`;
    })
    .join('\n');
}

/** Work that ends early is not verified, so that only the worker's result ticks this. */
function verifyItem(title: string, { attempt, task }: ReportFacts): string {
  const verified = task.outcome?.verified ?? verifiedBy(attempt);
  if (verified === 'passed') {
    return `- [x] ${title}`;
  }
  const why = verified === 'failed' ? 'failed' : 'not run';
  return attempt?.result ? `- [ ] ${title} · ${why}` : `- [ ] ${title}`;
}

/** Until the outcome is concluded. */
function verifiedBy(attempt: ReportFacts['attempt']): 'passed' | 'failed' | 'not_run' {
  const checks = attempt?.checkResults ?? [];
  if (checks.length > 0) {
    return checks.every((check) => readCheck(check).effect === 'pass') ? 'passed' : 'failed';
  }
  // Of before version 0.4, when the worker ran the tests
  const verify = attempt?.result?.verify;
  const ran = verify?.exitCode === 0 ? 'passed' : 'failed';
  return verify === undefined ? 'not_run' : ran;
}

function currentStep({ attempt, task }: ReportFacts): Step | null {
  if (task.state === 'SUBMITTED' || isTerminal(task.state)) {
    return null;
  }
  if (task.state !== 'RUNNING') {
    return task.state === 'HYDRATING' ? 'hydrate' : 'publish';
  }
  return attempt?.progress?.phase ?? 'clone';
}

function detailsOf({ attempt, task }: ReportFacts): string[] {
  const progress = attempt?.progress ?? null;
  if (progress === null || task.state !== 'RUNNING') {
    return [];
  }
  const { note, phase, turn } = progress;
  return [
    ...(phase === 'agent' && turn > 0 ? [`turn ${turn} of ${task.settings.maxTurns}`] : []),
    ...(note ? [codeSpan(note, 120)] : []),
  ];
}
