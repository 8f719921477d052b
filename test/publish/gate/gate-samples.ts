import {
  GATE_LIMITS,
  type Change,
  type GateContext,
  type GateFacts,
  type GatePolicy,
} from '../../../app/publish/gate/gate-facts.ts';

export const POLICY: GatePolicy = { ...GATE_LIMITS, protectedPaths: [], push: 'trusted', secretsAllowed: [] };

export function change(path: string, overrides: Partial<Change> = {}): Change {
  return {
    path,
    isUtf8: true,
    status: 'A',
    oldMode: '000000',
    mode: '100644',
    oldSha: '0'.repeat(40),
    sha: '1'.repeat(40),
    size: 10,
    isBinary: false,
    filterNotRun: null,
    secrets: [],
    installs: [],
    ...overrides,
  };
}

export function gateFacts(overrides: Partial<GateFacts & GateContext> = {}): GateFacts & GateContext {
  return {
    baseSha: 'b'.repeat(40),
    tipSha: 'c'.repeat(40),
    isOnBase: true,
    commits: 1,
    line: [{ sha: 'c'.repeat(40), tree: 'd'.repeat(40), subject: 'Work' }],
    net: [change('src/a.js')],
    steps: [],
    isCut: false,
    isHistoryCut: false,
    patchBytes: 100,
    spellings: new Map(),
    outsiders: [],
    ...overrides,
  };
}
