import type { InstallFact } from '../inspect/installs/install-fact.ts';
import type { ChangeCheck } from './gate-check.ts';

const MOST_SHOWN = 8;

/** What installing the branch would run and bring in. */
export const INSTALL_CHECKS: readonly ChangeCheck[] = [
  {
    code: 'INSTALL_SCRIPT',
    outcome: 'hold',
    because:
      'a script that runs when packages are installed or built was added or changed, also one of a package in a lock file',
    find: ({ installs }) => describe(installs, 'script', 'This runs when packages are installed or built'),
  },
  {
    code: 'NEW_DEPENDENCY',
    outcome: 'hold',
    because: 'a package comes in that was not there',
    find: ({ installs }) => describe(installs, 'dependency', 'These packages were not there before'),
  },
  {
    code: 'DEPENDENCY_SOURCE',
    outcome: 'hold',
    because: 'packages come from another place than before, or a rule about them changed',
    find: ({ installs }) => describe(installs, 'source', 'This changes where packages come from, or a rule about them'),
  },
  {
    code: 'DEPENDENCIES_UNREADABLE',
    outcome: 'hold',
    because: 'a manifest or lock file changed and cannot be read',
    find: ({ installs }) => describe(installs, 'unreadable', 'What this changes about packages cannot be told'),
  },
];

function describe(installs: readonly InstallFact[], kind: InstallFact['kind'], what: string): string | null {
  const texts = installs.filter((fact) => fact.kind === kind).map(({ text }) => text);
  if (texts.length === 0) {
    return null;
  }
  const rest = texts.length > MOST_SHOWN ? `, and ${texts.length - MOST_SHOWN} more` : '';
  return `${what}: ${texts.slice(0, MOST_SHOWN).join(', ')}${rest}.`;
}
