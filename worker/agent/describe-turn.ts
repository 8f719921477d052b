import { cut } from './agent-report.ts';

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly name?: string;
  readonly input?: unknown;
}

const MAX_CHARACTERS = 120;

/** One line for people on what a reply does: its tools and what they are about, or its first words. */
export function describeTurn(content: readonly Block[], directory: string): string {
  const calls = content.filter(({ type }) => type === 'tool_use');
  if (calls.length === 0) {
    const words = content.find(({ type }) => type === 'text')?.text ?? '';
    return oneLine(words) || 'thinking';
  }
  return oneLine(calls.map(({ name, input }) => `${name ?? 'tool'} ${subjectOf(input, directory)}`.trim()).join(', '));
}

function subjectOf(input: unknown, directory: string): string {
  const fields = (input ?? {}) as Record<string, unknown>;
  const subject = fields.file_path ?? fields.command ?? fields.pattern ?? fields.path ?? '';
  const text = typeof subject === 'string' ? subject : '';
  return text.startsWith(`${directory}/`) ? text.slice(directory.length + 1) : text;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return cut(line, MAX_CHARACTERS);
}
