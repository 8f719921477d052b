import type { AgentProgramName } from '../../../protocol/index.ts';
import type { AgentContext } from '../agent.ts';

/** How one coding agent is started and what its output says. Everything else is the same for all of them. */
export interface AgentProgram {
  readonly name: AgentProgramName;
  /** Writes the files it needs and says how it is started. */
  prepare(context: AgentContext, place: ProgramPlace): Promise<ProgramStart>;
  readonly conversation: ConversationPlace;
  /** Reads one line of JSON that it printed; null for what says nothing of interest. */
  readEvent(event: Readonly<Record<string, unknown>>): ProgramEvent | null;
}

/** Where a program keeps its conversation with the model. */
export interface ConversationPlace {
  /** The directory below which it writes. */
  directory(at: { readonly home: string; readonly workDirectory: string }): string;
  /** Whether a file, named relative to that directory, belongs to the conversation. */
  owns(file: string, id: string): boolean;
  /** The id of the conversation, in an event that names it. */
  readId(event: Readonly<Record<string, unknown>>): unknown;
}

export interface ProgramPlace {
  /** Base URL of the model, without `/v1`. */
  readonly modelUrl: string;
  readonly modelKey: string;
  /** What holds for the whole work, and the work itself. */
  readonly instructions: string;
  readonly task: string;
  /** For its own configuration and state. */
  readonly home: string;
  /** The id of the conversation to continue, which lies where the program looks for it; null to begin one. */
  readonly resume: string | null;
}

export interface ProgramStart {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Given on standard input: an argument of more than 128 KiB cannot be passed. */
  readonly input: string;
}

export interface ProgramEvent {
  /** For the log of the agent. */
  readonly log?: string;
  /** One line on what it does now. */
  readonly note?: string;
  /** Words of the agent; the last ones are its summary. */
  readonly words?: string;
  /** It says itself that it failed. */
  readonly fault?: string;
}
