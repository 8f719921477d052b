import { AGENT_PROGRAMS } from '../../../protocol/index.ts';
import type { AgentContext } from '../agent.ts';
import type { AgentProgram } from '../program/agent-program.ts';
import { unpackConversation } from './archive.ts';
import type { Conversation } from './archive.ts';

/** The conversation to continue, or why there is none; both null where nothing earlier exists. */
export interface EarlierConversation {
  readonly conversation: Conversation | null;
  readonly missing: string | null;
}

/** Looks for what the program of an earlier attempt left at the door. */
export async function findEarlierConversation(
  program: AgentProgram,
  { conversations, job }: Pick<AgentContext, 'conversations' | 'job'>,
): Promise<EarlierConversation> {
  if (job.conversation === undefined) {
    return { conversation: null, missing: null };
  }
  const bytes = job.conversation === 'kept' ? await conversations.read() : null;
  if (bytes === null) {
    return { conversation: null, missing: 'the earlier attempt left none' };
  }
  const conversation = await unpackConversation(bytes);
  if (conversation === null) {
    return { conversation: null, missing: 'what the earlier attempt left could not be read' };
  }
  return conversation.agent === program.name
    ? { conversation, missing: null }
    : { conversation: null, missing: `the earlier attempt used ${AGENT_PROGRAMS[conversation.agent].title}` };
}

/** Before the task where a conversation is continued: its working copy is not the one that the agent remembers. */
export const RESUME_SENTENCE =
  'You were interrupted, and continue here in a new working copy. It has the work that was saved; whatever is missing from it is lost and has to be done again. The task, as it stands now:';
