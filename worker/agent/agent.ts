import type { Job, WorkerResult } from '../../protocol/index.ts';
import type { ConversationStore } from '../door/conversation-store.ts';

/**
 * The agent port: who does the work. It is handed a working copy and a way to a model, and says how it ended; it never
 * throws for what a model, a provider or a program did. What it changed is read from the working copy, not from here.
 */
export interface Agent {
  run(context: AgentContext): Promise<AgentEnding>;
}

export interface AgentContext {
  readonly job: Job;
  /** Root of the working copy. */
  readonly repository: string;
  /** Where to begin: the root, or the sub-directory the work is about. */
  readonly directory: string;
  /** The door's base URL as seen from here. */
  readonly doorUrl: string;
  /** A directory for the agent's own files, outside the working copy. */
  readonly scratch: string;
  /** Environment for programs: no secret in it. */
  readonly env: Readonly<Record<string, string>>;
  /** Aborted when the agent has to stop now. */
  readonly signal: AbortSignal;
  /** Aborted when it should come to an end on its own; the reason is a sentence for the agent. */
  readonly wrapUp: AbortSignal;
  /** Keeps the conversation of the agent's own program for the next attempt. */
  readonly conversations: Pick<ConversationStore, 'read' | 'keep'>;
  readonly onTurn: (turn: AgentTurn) => void;
  /** To be awaited after the tools of a turn and before the next request: nothing of the agent may run meanwhile. */
  readonly betweenTurns: (turn: number) => Promise<void>;
  readonly log: (text: string) => void;
}

export interface AgentTurn {
  /** Requests to the model so far. */
  readonly turn: number;
  /** One line for people. */
  readonly note: string;
}

/** How it ended. Texts are the agent's own words and not to be trusted. */
export interface AgentEnding {
  readonly ending: Exclude<WorkerResult['ending'], 'setup_failed' | 'error'>;
  readonly summary: string;
  readonly questions: readonly string[];
  readonly turns: number;
  readonly output?: WorkerResult['output'];
  readonly conversation?: NonNullable<WorkerResult['conversation']>;
  readonly reason?: string;
  readonly code?: string;
}
