import type { Change, GateContext, GateFacts, GatePolicy } from '../../../app/publish/gate/gate-facts.ts';
import { change, gateFacts, POLICY } from '../../publish/gate/gate-samples.ts';
import type { Defence } from './defence.ts';

type Facts = Partial<GateFacts & GateContext>;

/** What each check of the gate alone keeps in. */
const CAUGHT: Readonly<Record<string, { facts: Facts; policy?: Partial<GatePolicy> }>> = {
  NOT_ON_BASE: { facts: { isOnBase: false } },
  COMMITS_TOO_MANY: { facts: { commits: 51 } },
  TOO_MANY_FILES: { facts: { isCut: true } },
  TOO_LARGE: { facts: { patchBytes: 5_000_000 } },
  CONTEXT_NOT_TRUSTED: { facts: { outsiders: ['eve'] } },
  RELEASE_WANTED: { facts: {}, policy: { push: 'released' } },
  PATH_COLLISION: { facts: { net: [change('readme.md')], spellings: new Map([['readme.md', ['README.md']]]) } },
  MODE_NOT_ALLOWED: one('link', { mode: '120000' }),
  BINARY_TOO_LARGE: one('a.png', { isBinary: true, size: 1_000_000 }),
  FILTER_NOT_RUN: one('a.bin', { filterNotRun: 'lfs' }),
  SECRET_FOUND: one('a.js', { secrets: [{ kind: 'npm token', sha256: null }] }),
  PATH_NOT_UTF8: one('a\ufffd', { isUtf8: false }),
  PATH_NOT_NFC: one('cafe\u0301.js'),
  PATH_INVISIBLE: one('a\u202Egpj.js'),
  PATH_DOTS: one('src//a'),
  PATH_BACKSLASH: one('a\\b'),
  PATH_GIT: one('git~1/config'),
  PATH_WINDOWS: one('src/con.js'),
  PATH_TOO_LONG: one('a'.repeat(241)),
  PATH_PROTECTED: one('CODEOWNERS'),
  CI_CONFIG: one('Jenkinsfile'),
  HOOK: one('web/.husky/pre-commit'),
  PACKAGE_CONFIG: one('web/.npmrc'),
  EDITOR_CONFIG: one('web/.vscode/tasks.json'),
  AGENT_INSTRUCTIONS: one('docs/AGENTS.md'),
  DOT_FOLDER: one('.tool/settings.json'),
  INSTALL_SCRIPT: one('package.json', { installs: [{ kind: 'script', text: 'postinstall' }] }),
  NEW_DEPENDENCY: one('package.json', { installs: [{ kind: 'dependency', text: 'evil' }] }),
  DEPENDENCY_SOURCE: one('yarn.lock', { installs: [{ kind: 'source', text: 'evil.example' }] }),
  DEPENDENCIES_UNREADABLE: one('bun.lockb', { installs: [{ kind: 'unreadable', text: 'binary' }] }),
};

function one(path: string, overrides: Partial<Change> = {}): { facts: Facts } {
  return { facts: { net: [change(path, overrides)] } };
}

/** Each check of the table taken out of it by itself. */
export const GATE_DEFENCES: readonly Defence[] = [
  ...Object.entries(CAUGHT).map(([code, { facts, policy }]) => ({
    name: code,
    claim: `The gate stops a change with \`${code}\``,
    file: 'app/publish/gate/gate-checks.ts',
    off: {
      append: `for (const checks of [WORK_CHECKS, CHANGE_CHECKS] as { code: string }[][]) {
  const at = checks.findIndex(({ code }) => code === '${code}');
  if (at >= 0) checks.splice(at, 1);
}`,
    },
    attack: async () => {
      const { decideGate } = await import('../../../app/publish/gate/decide-gate.ts');
      return decideGate(gateFacts(facts), { ...POLICY, ...policy }).outcome === 'pass';
    },
  })),
  {
    name: 'folded paths',
    claim: 'A protected file is recognized in every spelling',
    file: 'app/publish/gate/fold-path.ts',
    off: { from: ".normalize('NFKC')\n    .toUpperCase()\n    .toLowerCase()", to: '' },
    attack: () => passes('CodeOwners', { status: 'M' }),
  },
  {
    name: 'invisible characters in paths',
    claim: 'A protected file is recognized with characters in its name that show nothing',
    file: 'app/publish/gate/fold-path.ts',
    off: { from: ".replaceAll(/[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}]/gu, '')", to: '' },
    attack: () => passes('.github/work\u200bflows/x.yml', { status: 'M' }),
  },
  {
    name: 'a block outweighs a hold',
    claim: 'What blocks cannot be released together with what only holds',
    file: 'app/publish/gate/decide-gate.ts',
    off: {
      from: "findings.some((finding) => finding.outcome === 'block')",
      to: "findings.every((finding) => finding.outcome === 'block')",
    },
    attack: async () => {
      const { decideGate } = await import('../../../app/publish/gate/decide-gate.ts');
      const net = [change('CODEOWNERS'), change('AGENTS.md')];
      return decideGate(gateFacts({ net }), POLICY).outcome !== 'block';
    },
  },
  {
    name: 'history is looked at',
    claim: 'A commit on the way with what may not leave is not published, even when the result is clean',
    file: 'app/publish/gate/decide-gate.ts',
    off: { from: 'checkChanges(facts.steps, policy)', to: 'checkChanges([], policy)' },
    attack: async () => {
      const { decideGate } = await import('../../../app/publish/gate/decide-gate.ts');
      const steps = [change('a', { secrets: [{ kind: 'npm token', sha256: null }] })];
      const decision = decideGate(gateFacts({ steps }), POLICY);
      return decision.outcome === 'pass' && decision.history === 'keep';
    },
  },
  {
    name: 'server secrets are never allowed',
    claim: 'A credential of the server is let through by no setting of a repository',
    file: 'app/publish/gate/check-contents.ts',
    off: { from: 'sha256 !== null &&', to: '' },
    attack: () => passesWith('a.js', { secrets: [{ kind: 'known secret', sha256: null }] }, { secretsAllowed: ['**'] }),
  },
  {
    name: 'paths of the repository',
    claim: 'Paths that a repository protects are protected',
    file: 'app/publish/gate/check-protected.ts',
    off: { from: '?? ownWhy(change, policy)', to: '?? null' },
    attack: () => passesWith('infra/main.tf', {}, { protectedPaths: ['infra/**'] }),
  },
  {
    name: 'install scripts of manifests',
    claim: 'A script that runs when packages are installed is seen in package.json',
    file: 'app/publish/inspect/installs/json-manifests.ts',
    off: { from: 'INSTALL_SCRIPTS.test(name) ||', to: '' },
    attack: () => adds('package.json', '{"scripts":{"install":"x"}}', 'script'),
  },
  {
    name: 'install scripts of lock files',
    claim: 'A package that runs a script when it is installed is seen in a lock file',
    file: 'app/publish/inspect/installs/json-manifests.ts',
    off: { from: "entry['hasInstallScript'] === true", to: 'false' },
    attack: () => adds('package-lock.json', '{"packages":{"node_modules/x":{"hasInstallScript":true}}}', 'script'),
  },
  {
    name: 'hosts of lock files',
    claim: 'A package from another place is seen in a lock file',
    file: 'app/publish/inspect/installs/json-manifests.ts',
    off: { from: 'hosts.add(`packages from ${hostOf(resolved)}`)', to: 'void resolved' },
    attack: () =>
      adds('package-lock.json', '{"packages":{"node_modules/x":{"resolved":"https://e.test/x"}}}', 'source'),
  },
];

async function passes(path: string, overrides: Partial<Change>): Promise<boolean> {
  return passesWith(path, overrides, {});
}

async function passesWith(path: string, overrides: Partial<Change>, policy: Partial<GatePolicy>): Promise<boolean> {
  const { decideGate } = await import('../../../app/publish/gate/decide-gate.ts');
  return decideGate(gateFacts({ net: [change(path, overrides)] }), { ...POLICY, ...policy }).outcome === 'pass';
}

async function adds(path: string, after: string, kind: string): Promise<boolean> {
  const { readInstalls } = await import('../../../app/publish/inspect/installs/read-installs.ts');
  const facts = readInstalls({ path, isBinary: false, before: Buffer.from('{}'), after: Buffer.from(after) });
  return !facts.some((fact) => fact.kind === kind);
}
