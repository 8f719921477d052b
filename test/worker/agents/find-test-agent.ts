import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { AGENT_PROGRAMS } from '../../../protocol/index.ts';
import type { AgentProgramName } from '../../../protocol/index.ts';

/** Where a coding agent is installed on this machine. */
export interface TestAgent {
  /** Directory of the program, for the search path; null when it is not installed. */
  readonly directory: string | null;
  /** Behind the name of a suite: why it does not run. */
  readonly note: string;
}

/** Looks in the packages below `BOSUN_TEST_AGENTS`, then on the search path. Where nothing may be skipped, it has to be there. */
export function findTestAgent(name: AgentProgramName): TestAgent {
  const { program, npmPackage } = AGENT_PROGRAMS[name];
  const installed = process.env['BOSUN_TEST_AGENTS'];
  const places = [
    ...(installed === undefined ? [] : [path.join(installed, 'node_modules', '.bin')]),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  const directory = places.find((place) => place !== '' && isExecutable(path.join(place, program))) ?? null;
  if (directory === null && process.env['TEST_NO_SKIPS'] === '1') {
    throw new Error(`${npmPackage} is not installed below BOSUN_TEST_AGENTS, and no test may be skipped`);
  }
  const note = ` (skipped: \`${program}\` was not found. Install ${npmPackage} and let BOSUN_TEST_AGENTS name the directory)`;
  return { directory, note: directory === null ? note : '' };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
