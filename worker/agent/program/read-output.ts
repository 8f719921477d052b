import { takeStart } from '../../../protocol/index.ts';
import type { AgentProgram } from './agent-program.ts';
import type { PrintedFacts } from './conclude-program.ts';

const MAX_LINE = 16 * 1024 * 1024;

/** What a program has printed so far. */
export interface ProgramOutput {
  push(text: string): void;
  /** Reads a last line without its line feed. */
  end(): void;
  facts(): PrintedFacts;
  /** One line on what it does now; empty at first. */
  note(): string;
  /** The id of its conversation, once it was named. */
  conversationId(): string | null;
}

/** Reads lines of JSON, and passes everything else that is printed on to the log. */
export function readOutput(program: AgentProgram, log: (text: string) => void): ProgramOutput {
  let rest = '';
  let note = '';
  let id: string | null = null;
  const printed = { events: 0, words: '', fault: '' };

  function readLine(line: string): void {
    const event = parseEvent(line);
    if (event === null) {
      log(`${line}\n`);
      return;
    }
    printed.events += 1;
    const named = program.conversation.readId(event);
    id = typeof named === 'string' && named !== '' ? named : id;
    const read = program.readEvent(event);
    printed.words = read?.words ?? printed.words;
    printed.fault = read?.fault ?? printed.fault;
    note = takeStart((read?.note ?? note).trim().split('\n')[0] ?? '', 200);
    if (read?.log !== undefined) {
      log(read.log);
    }
  }

  function push(text: string): void {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE) {
      // Too long to be an event
      rest = '';
    }
    lines.filter((line) => line.trim() !== '').forEach(readLine);
  }

  return {
    push,
    end: () => push('\n'),
    facts: () => ({ ...printed }),
    note: () => note,
    conversationId: () => id,
  };
}

function parseEvent(line: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
