import { AGENT_PROGRAM_NAMES } from '../../protocol/index.ts';
import type { Job } from '../../protocol/index.ts';
import { artifactKey } from '../store/artifacts.ts';
import type { Task } from '../task/task.ts';
import type { OrchestratorContext } from './context.ts';

/** Attempts that are looked through, newest first. */
const MOST_ATTEMPTS = 5;

interface AttemptAt {
  readonly taskId: string;
  readonly epoch: number;
}

export interface CarriedConversation {
  /** For the worker; undefined where its agent keeps no conversation, or nothing earlier exists. */
  readonly conversation: Job['conversation'];
  /** The attempt that it comes from: what was read there is read again. */
  readonly from: AttemptAt | null;
}

/**
 * Copies what the agent's program of an earlier attempt left to this one, where the door gives it to the worker. An attempt
 * that ends before it keeps anything then still has it for the next.
 */
export async function carryConversation(
  task: Task,
  context: Pick<OrchestratorContext, 'artifacts' | 'stores'>,
  { continues, usesRetried }: { readonly continues: boolean; readonly usesRetried: boolean },
): Promise<CarriedConversation> {
  const keepsOne = AGENT_PROGRAM_NAMES.some((name) => name === task.settings.agent.kind);
  if (!keepsOne) {
    return { conversation: undefined, from: null };
  }
  const own = artifactKey({ taskId: task.id, epoch: task.epoch }, 'conversation.bin');
  for (const from of await listEarlier(task, context, usesRetried)) {
    const bytes = await context.artifacts.get(artifactKey(from, 'conversation.bin'));
    if (bytes !== null) {
      // After a crash the worker may be running already and have kept a newer one
      if ((await context.artifacts.get(own)) === null) {
        await context.artifacts.put(own, bytes);
      }
      return { conversation: 'kept', from };
    }
  }
  return { conversation: continues ? 'none' : undefined, from: null };
}

async function listEarlier(
  task: Task,
  { stores }: Pick<OrchestratorContext, 'stores'>,
  usesRetried: boolean,
): Promise<AttemptAt[]> {
  const retried = usesRetried && task.retryOf !== null ? await stores.tasks.find(task.retryOf) : null;
  return [...attemptsBefore(task.id, task.epoch), ...attemptsBefore(retried?.id ?? '', (retried?.epoch ?? 0) + 1)];
}

function attemptsBefore(taskId: string, epoch: number): AttemptAt[] {
  const count = taskId === '' ? 0 : Math.min(MOST_ATTEMPTS, epoch - 1);
  return Array.from({ length: count }, (_, at) => ({ taskId, epoch: epoch - 1 - at }));
}
