import type { TaskEvent } from '../../task/events.ts';
import type { Output } from '../output.ts';
import type { Journey } from './run-journey.ts';

const SENTENCES: Readonly<Partial<Record<TaskEvent['kind'], string>>> = {
  'task.submitted': 'queued',
  'task.claimed': 'claimed: slot taken, budget reserved',
  'task.hydrated': 'context gathered, repository prepared',
  'task.started': 'worker started',
  'task.prepared': 'environment prepared',
  'task.session_ended': 'worker finished; its work is in quarantine',
  'task.gate_passed': 'the changes passed the gate',
  'task.pushed': 'branch pushed with a token for this one repository',
  'task.published': 'draft pull request opened',
  'task.budget_warning': 'most of the budget is used',
  'task.attempt_lost': 'the attempt was lost; another follows',
};

/** One line for an event, or null for those that say nothing to an onlooker. */
export function renderEvent(event: TaskEvent, options: { sinceMs: number; output: Output }): string | null {
  const text = sentence(event);
  if (text === null) {
    return null;
  }
  const seconds = `${(Math.max(0, options.sinceMs) / 1_000).toFixed(2)} s`.padStart(8);
  return `${options.output.quiet(seconds)}  ${text}`;
}

function sentence(event: TaskEvent): string | null {
  switch (event.kind) {
    case 'task.progress': {
      const { note, phase, turn } = event.data;
      const step = phase === 'agent' ? `agent, turn ${turn}` : phase;
      return note ? `  ${step}: ${note}` : null;
    }
    case 'task.check_ended':
      return `  check ${event.data.name} at the ${event.data.at}: ${event.data.reading}`;
    case 'task.verdict':
      return `verdict: ${event.data.kind}`;
    case 'task.waiting':
      return `waits for ${event.data.reason}`;
    case 'task.ended':
      return `ended: ${event.state}`;
    default:
      return SENTENCES[event.kind] ?? null;
  }
}

/** The end of the journey: what came out, what it cost, and where to look. */
export function renderJourney(journey: Journey, output: Output): string {
  const { check_run: check, comment, cost, pull_request: pull, task, timings_ms: timings } = journey;
  const good = task.state === 'COMPLETED';
  const state = good ? output.good(task.state) : output.bad(task.state);
  const spent = Object.entries(cost.by_model).map(([model, usd]) => `${model} $${usd}`);
  const lines = [
    '',
    `${state} in ${((timings.total ?? 0) / 1_000).toFixed(1)} s, for $${cost.usd}${spent.length === 0 ? '' : ` (${spent.join(', ')}; the model is scripted, the prices are real)`}`,
    '',
    `  issue         ${journey.issue_url}`,
    ...(comment === null ? [] : [`  comment       ${comment.url}`]),
    ...(pull === null ? [] : [`  pull request  ${pull.url}${pull.draft ? ' (draft)' : ''}, branch ${pull.branch}`]),
    ...renderEnvironment(journey),
    ...(check === null ? [] : [`  check run     ${check.url}  ${check.name}: ${check.title ?? ''}`]),
    '',
  ];
  return lines.join('\n');
}

function renderEnvironment({ setup, verify }: Journey): string[] {
  const lines: string[] = [];
  if (setup !== undefined) {
    const how = setup === null ? 'nothing to install' : setup.command.replaceAll('\n', '; ');
    const end =
      setup === null
        ? ''
        : ` (${setup.source}, ${(setup.ms / 1_000).toFixed(1)} s, exit code ${setup.exit_code ?? 'none'})`;
    lines.push(`  set-up        ${how}${end}`);
    if (setup !== null && setup.cause !== null) {
      lines.push(`                ${setup.cause}`);
    }
  }
  if (verify !== undefined) {
    const how =
      verify === null
        ? 'no tests found'
        : `${verify.command} (${verify.source}, exit code ${verify.exit_code ?? 'none'})`;
    lines.push(`  tests         ${how}`);
  }
  return lines;
}
