import { describe } from 'vitest';
import { testAgentProgram } from '../../contract/agent-program.ts';
import { findTestAgent } from './find-test-agent.ts';

const found = findTestAgent('opencode');

describe.skipIf(found.directory === null)(`opencode${found.note}`, () => {
  testAgentProgram({
    name: 'opencode',
    directory: found.directory ?? '',
    model: 'claude-sonnet-5',
    resumes: false,
    shell: (command) => ({ toolUse: [{ name: 'bash', input: { command, description: 'Run a command' } }] }),
  });
});
