import type { AgentProgramName } from '../../../protocol/index.ts';
import type { Agent } from '../agent.ts';
import type { AgentProgram } from './agent-program.ts';
import { claudeCode } from './claude-code.ts';
import { codex } from './codex.ts';
import { opencode } from './opencode.ts';
import { createProgramAgent } from './program-agent.ts';

const PROGRAMS: Readonly<Record<AgentProgramName, AgentProgram>> = { 'claude-code': claudeCode, codex, opencode };

export function programAgent(name: AgentProgramName): Agent {
  return createProgramAgent(PROGRAMS[name]);
}
