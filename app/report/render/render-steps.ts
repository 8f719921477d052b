import { isTerminal, type Step } from '../../../protocol/index.ts';
import { TASK_TYPE_RECORDS } from '../../task/task-types.ts';
import type { ReportFacts } from '../report-facts.ts';
import { codeSpan } from './escape-text.ts';

/** The checklist of a task: what is done, what is under way with its turn and note, what is to come. */
export function renderSteps(facts: ReportFacts): string {
  const { task } = facts;
  const items = TASK_TYPE_RECORDS[task.type].checklist(task);
  const step = currentStep(facts);
  const currentIndex = step === null ? -1 : items.findIndex((item) => item.steps.includes(step));
  return items
    .map((item, index) => {
      const title = item.code === undefined ? item.title : `${item.title} ${codeSpan(item.code, 80)}`;
      if (index !== currentIndex) {
        return `- [${index < currentIndex ? 'x' : ' '}] ${title}`;
      }
      return [`- [ ] **${title}**`, ...detailsOf(facts)].join(' · ');
    })
    .join('\n');
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
