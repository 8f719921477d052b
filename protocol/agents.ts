import { z } from 'zod';

/** Wire formats that model providers speak and the door understands. */
export const MODEL_DIALECTS = ['anthropic', 'openai'] as const;
export type ModelDialect = (typeof MODEL_DIALECTS)[number];

interface AgentRecord {
  /** For people. */
  readonly title: string;
  /** The program a worker has to find on its search path. */
  readonly program: string;
  /** The npm package that has it. */
  readonly npmPackage: string;
  /** The format in which it asks for a model. */
  readonly dialect: ModelDialect;
}

/** The coding agents that are programs of others, one record each. The built-in agent and commands are beside them. */
export const AGENT_PROGRAMS = {
  'claude-code': {
    title: 'Claude Code',
    program: 'claude',
    npmPackage: '@anthropic-ai/claude-code',
    dialect: 'anthropic',
  },
  codex: { title: 'Codex', program: 'codex', npmPackage: '@openai/codex', dialect: 'openai' },
  opencode: { title: 'opencode', program: 'opencode', npmPackage: 'opencode-ai', dialect: 'anthropic' },
} as const satisfies Record<string, AgentRecord>;

export type AgentProgramName = keyof typeof AGENT_PROGRAMS;
export const AGENT_PROGRAM_NAMES = Object.keys(AGENT_PROGRAMS) as [AgentProgramName, ...AgentProgramName[]];

/** Agents that people ask for and that cannot work behind the door, with the reason. */
export const UNSUPPORTED_AGENTS: ReadonlyMap<string, string> = new Map([
  ['gemini', 'Gemini CLI is not supported: it uses only the format of the Gemini API, which the door does not support'],
]);

/** Which agent does the work. */
export const AgentChoice = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('builtin') }),
  z.object({ kind: z.enum(AGENT_PROGRAM_NAMES) }),
  /**
   * Any program. Run by `/bin/sh -c` in the repository with BOSUN_PROMPT_FILE, BOSUN_RESULT_FILE, ANTHROPIC_BASE_URL,
   * ANTHROPIC_AUTH_TOKEN.
   */
  z.object({ kind: z.literal('command'), command: z.string() }),
]);
export type AgentChoice = z.infer<typeof AgentChoice>;
