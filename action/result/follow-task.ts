import { isTerminal } from '../../protocol/index.ts';
import { formatUsd } from '../../app/budget/money.ts';
import type { Stores } from '../../app/store/stores.ts';
import type { TaskEvent } from '../../app/task/events.ts';
import type { Task } from '../../app/task/task.ts';
import type { Logger } from '../../app/telemetry/log.ts';

export interface Following {
  /** Something changed: looks at the task again. */
  look(): void;
  /** Resolves with the task once it has ended. */
  readonly ended: Promise<Task>;
}

/** Tells what happens to the task in the log of the job, until it has ended. */
export function followTask(taskId: string, options: { tasks: Stores['tasks']; log: Logger }): Following {
  const { tasks, log } = options;
  const { promise: ended, resolve, reject } = Promise.withResolvers<Task>();
  let seen = 0;
  let looking: Promise<void> = Promise.resolve();

  async function read(): Promise<void> {
    for (const event of await tasks.events(taskId, { afterSeq: seen })) {
      seen = event.seq;
      const line = renderEvent(event);
      if (line !== null) {
        log.info(line);
      }
    }
    const task = await tasks.find(taskId);
    if (task !== null && isTerminal(task.state)) {
      resolve(task);
    }
  }

  function look(): void {
    looking = looking.then(read).catch(reject);
  }
  look();
  return { look, ended };
}

const SENTENCES: Readonly<Partial<Record<TaskEvent['kind'], string>>> = {
  'task.claimed': 'Slot taken, budget reserved',
  'task.hydrated': 'Context gathered, repository prepared',
  'task.started': 'Worker started',
  'task.session_ended': 'Worker ended; its work is in quarantine',
  'task.gate_passed': 'The changes passed the gate',
  'task.pushed': 'Branch pushed',
  'task.published': 'Draft pull request opened',
  'task.stop_requested': 'Stop requested',
};

function renderEvent(event: TaskEvent): string | null {
  switch (event.kind) {
    case 'task.progress': {
      const { note, phase, turn } = event.data;
      return `  ${phase}, turn ${turn}${note ? `: ${note}` : ''}`;
    }
    case 'task.budget_warning':
      return `${event.data.percent} % of the budget is used`;
    case 'task.waiting': {
      const { note, reason } = event.data;
      return `Waits for ${reason}${note ? `: ${note}` : ''}`;
    }
    case 'task.attempt_lost':
      return `The attempt was lost: ${event.data.why}`;
    case 'task.ended':
      return `Ended: ${event.state}`;
    default:
      return SENTENCES[event.kind] ?? null;
  }
}

/** `$0.42`. */
export function dollars(nano: number): string {
  return `$${formatUsd(nano)}`;
}
