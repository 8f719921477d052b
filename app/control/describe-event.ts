import { formatUsd } from '../budget/money.ts';
import type { EventData, TaskEvent } from '../task/events.ts';

/** What an event reports beside its kind, in a few words; data of an unknown event is shown as it is. */
export function describeEvent(event: TaskEvent): string {
  switch (event.kind) {
    case 'task.submitted':
    case 'task.claimed':
    case 'task.started':
      return '';
    case 'task.waiting':
      return join(event.data.reason, event.data.note, until(event.data.wakeAt));
    case 'task.resumed':
      return event.data.by === undefined ? join(event.data.reason, 'is over') : `by ${event.data.by}`;
    case 'task.released':
      return `${event.data.commit.slice(0, 12)} by ${event.data.by}`;
    case 'task.hydrated':
      return describeReading(event.data);
    case 'task.prepared': {
      const { cause, command, durationMs, fromSnapshot, ok } = event.data;
      const took = `${(durationMs / 1_000).toFixed(1)} s`;
      return ok
        ? join(fromSnapshot ? 'installed by an earlier task' : command, took)
        : join(`\`${command}\` failed`, took, cause);
    }
    case 'task.progress': {
      const { note, phase, turn } = event.data;
      return join(phase, turn > 0 ? `turn ${turn}` : '', note);
    }
    case 'task.check_started': {
      const { at, name, try: times } = event.data;
      return join(name, `at the ${at}`, times > 1 ? 'once more' : '');
    }
    case 'task.check_ended': {
      const { at, cause, durationMs, exitCode, known, name, reading } = event.data;
      const code = exitCode === null || exitCode === undefined ? '' : `exit code ${exitCode}`;
      const took = known === true ? 'known from an earlier task' : `${(durationMs / 1_000).toFixed(1)} s`;
      return join(name, `at the ${at}`, reading, cause?.replaceAll('_', ' '), code, took);
    }
    case 'task.budget_warning':
      return `${event.data.percent} % of the budget spent`;
    case 'task.budget_raised': {
      const { addNano, budgetNano, by } = event.data;
      return `by $${formatUsd(addNano)} to $${formatUsd(budgetNano)}, by ${by}`;
    }
    case 'task.stop_requested':
      return join(event.data.kind, `by ${event.data.by}`);
    case 'task.session_ended':
      return describeSession(event.data.session);
    case 'task.gate_passed':
    case 'task.pushed':
      return describePush(event.data);
    case 'task.published':
      return join(`pull request #${event.data.number}`, event.data.url);
    case 'task.lease_lost':
      return event.data.owner === null || event.data.owner === undefined ? '' : `owner ${event.data.owner}`;
    case 'task.asked_again':
      return event.data.times > 1 ? `for the ${event.data.times}. time` : '';
    case 'task.accepted':
      return join(`by ${event.data.by}`, event.data.commit.slice(0, 10));
    case 'task.verdict': {
      const { cause, fix, kind, reasons } = event.data;
      return join(kind, cause, fix === null || fix === undefined ? '' : `fix ${fix}`, ...reasons);
    }
    case 'task.attempt_lost':
      return join(event.data.why, until(event.data.wakeAt));
    case 'task.note':
      return event.data.note;
    case 'task.ended': {
      const { by, code, outcome } = event.data;
      return join(outcome, code, by === undefined ? '' : `by ${by}`);
    }
    case 'unknown':
      return describePlainly(event.data);
  }
}

function describeReading({ dropped, resumed, sources, tokenEstimate }: EventData<'task.hydrated'>): string {
  return join(
    count(sources.length, 'source'),
    `about ${tokenEstimate} tokens`,
    dropped > 0 ? `${dropped} dropped for length` : '',
    resumed ? 'continues from earlier work' : '',
  );
}

function describePush({ commits, filesChanged, headSha }: EventData<'task.pushed'>): string {
  return join(count(commits, 'commit'), count(filesChanged, 'file'), `head ${headSha.slice(0, 10)}`);
}

function describeSession(session: EventData<'task.session_ended'>['session']): string {
  switch (session.kind) {
    case 'finished':
      return 'finished';
    case 'nothing_to_do':
      return join('nothing to do', session.reason);
    case 'stopped':
      return join('stopped', session.why);
    case 'exited':
      return join(
        'exited',
        session.exitCode === null ? '' : `exit code ${session.exitCode}`,
        session.outOfMemory ? 'out of memory' : '',
      );
  }
}

/** `headSha: 1f2e` → `head sha 1f2e`. */
function describePlainly(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(data)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) =>
      key.endsWith('Nano') && typeof value === 'number'
        ? `${words(key.slice(0, -'Nano'.length))} $${formatUsd(value)}`
        : `${words(key)} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join(', ');
}

function words(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function until(wakeAt: string | null | undefined): string {
  return wakeAt === null || wakeAt === undefined ? '' : `until ${wakeAt.slice(0, 19).replace('T', ' ')}`;
}

function join(...parts: readonly (string | null | undefined)[]): string {
  return parts.filter((part) => part !== '' && part !== null && part !== undefined).join(', ');
}
