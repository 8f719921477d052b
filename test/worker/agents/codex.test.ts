import { describe } from 'vitest';
import { testAgentProgram } from '../../contract/agent-program.ts';
import { OPENAI_MODEL } from '../../door/open-door.ts';
import { findTestAgent } from './find-test-agent.ts';

const found = findTestAgent('codex');

describe.skipIf(found.directory === null)(`Codex${found.note}`, () => {
  testAgentProgram({
    name: 'codex',
    directory: found.directory ?? '',
    model: OPENAI_MODEL,
    resumes: true,
    shell: (command) => ({ toolUse: [{ name: 'exec_command', input: { cmd: command, yield_time_ms: 30_000 } }] }),
  });
});
