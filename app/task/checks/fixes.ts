/** How often an agent is sent back with what was found, unless the repository says otherwise. */
export const FIXES = 2;
