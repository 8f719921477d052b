import { describe } from 'vitest';
import { testAgentProgram } from '../../contract/agent-program.ts';
import { findTestAgent } from './find-test-agent.ts';

const found = findTestAgent('claude-code');

describe.skipIf(found.directory === null)(`Claude Code${found.note}`, () => {
  testAgentProgram({
    name: 'claude-code',
    directory: found.directory ?? '',
    model: 'claude-sonnet-5',
    resumes: true,
    shell: (command) => ({ toolUse: [{ name: 'Bash', input: { command, description: 'Run a command' } }] }),
  });
});
