import { isTerminal } from '../../../protocol/index.ts';
import type { AttemptProgress } from '../../task/task.ts';
import type { ReportFacts } from '../report-facts.ts';
import { codeSpan } from './escape-text.ts';

type Step = 'read' | 'prepare' | 'work' | 'verify' | 'publish';

/** The checklist of a task: what is done, what is under way with its turn and note, what is to come. */
export function renderSteps(facts: ReportFacts): string {
  const steps = stepsOf(facts);
  const current = currentStep(facts);
  const currentIndex = current === null ? -1 : steps.indexOf(current);
  return steps
    .map((step, index) => {
      const title = titleOf(step, facts);
      if (index !== currentIndex) {
        return `- [${index < currentIndex ? 'x' : ' '}] ${title}`;
      }
      return [`- [ ] **${title}**`, ...detailsOf(step, facts)].join(' · ');
    })
    .join('\n');
}

function stepsOf({ task }: ReportFacts): Step[] {
  const verify: Step[] = task.settings.verify === null ? [] : ['verify'];
  return ['read', 'prepare', 'work', ...verify, 'publish'];
}

function currentStep({ task, attempt }: ReportFacts): Step | null {
  if (task.state === 'HYDRATING') {
    return 'read';
  }
  if (task.state === 'FINALIZING') {
    return 'publish';
  }
  if (task.state === 'SUBMITTED' || isTerminal(task.state)) {
    return null;
  }
  switch (attempt?.progress?.phase) {
    case 'agent':
      return 'work';
    case 'verify':
      return task.settings.verify === null ? 'work' : 'verify';
    case 'push':
      return 'publish';
    default:
      return 'prepare';
  }
}

function titleOf(step: Step, { task }: ReportFacts): string {
  switch (step) {
    case 'read':
      return task.thread.kind === 'issue' ? 'Read the issue' : 'Read the pull request';
    case 'prepare':
      return 'Prepare the worker';
    case 'work':
      return 'Work on it';
    case 'verify':
      return `Verify with ${codeSpan(task.settings.verify ?? '', 80)}`;
    case 'publish':
      return task.settings.dryRun ? 'Check the changes' : 'Check the changes and open a draft pull request';
  }
}

function detailsOf(step: Step, facts: ReportFacts): string[] {
  const progress = facts.attempt?.progress ?? null;
  if (!progress || facts.task.state !== 'RUNNING') {
    return [];
  }
  return [...turnOf(step, progress, facts), ...(progress.note ? [codeSpan(progress.note, 120)] : [])];
}

function turnOf(step: Step, progress: AttemptProgress, { task }: ReportFacts): string[] {
  return step === 'work' && progress.turn > 0 ? [`turn ${progress.turn} of ${task.settings.maxTurns}`] : [];
}
