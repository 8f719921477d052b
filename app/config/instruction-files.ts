/**
 * Files with instructions for agents, read in this order from the root of the default branch. The publisher's gate
 * protects files of these names in every folder, because one that an agent wrote would steer the next.
 */
export const INSTRUCTION_FILES: readonly string[] = ['AGENTS.md', 'CLAUDE.md', 'CONTRIBUTING.md'];

/** Whether a path has one of these names, in any folder and in any case. */
export function isInstructionFile(path: string): boolean {
  const name = path.split('/').at(-1)?.toLowerCase();
  return INSTRUCTION_FILES.some((known) => known.toLowerCase() === name);
}
