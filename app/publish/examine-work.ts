import { takeStart } from '../../protocol/index.ts';
import { artifactKey } from '../store/artifacts.ts';
import type { KeptWork } from '../task/outcome.ts';
import type { Attempt } from '../task/attempt.ts';
import type { Task } from '../task/task.ts';
import { decideGate, type GateDecision } from './gate/decide-gate.ts';
import { GATE_LIMITS, type GateFacts } from './gate/gate-facts.ts';
import { hideSecrets } from './gate/hide-secrets.ts';
import type { PublisherOptions } from './publisher-options.ts';
import { realWorkGit } from './work-git.ts';

/** As much as a comment can show beside everything else. */
const MOST_EXCERPT = 12_000;

/** What a worker left, judged, its patch kept. */
export interface ExaminedWork {
  readonly gitDir: string;
  readonly baseSha: string;
  readonly facts: GateFacts;
  readonly decision: GateDecision;
  readonly kept: KeptWork;
  /** The start of the patch, for a person who has to look at it. */
  readonly excerpt: string;
}

/** Reads what the worker pushed, judges it and keeps the patch. Null when there is none. Touches nothing outside. */
export async function examineWork(
  task: Task,
  attempt: Attempt,
  options: Pick<PublisherOptions, 'attempts' | 'artifacts' | 'findSecrets' | 'gateLimits' | 'git' | 'searchFiles'>,
): Promise<ExaminedWork | null> {
  const { git = realWorkGit } = options;
  const repository = await options.attempts.find(attempt);
  const tipSha = repository === null ? null : await git.readHead(repository);
  const baseSha = attempt.gateBaseSha ?? repository?.baseSha ?? null;
  if (repository === null || tipSha === null || baseSha === null || tipSha === baseSha) {
    return null;
  }
  const { facts, patch } = await git.inspect(
    { gitDir: repository.path, baseSha, tipSha },
    options.searchFiles ?? options.findSecrets,
  );
  if (facts.isOnBase && facts.net.length === 0) {
    return null;
  }
  const { protectedPaths, push = 'trusted', secretsAllowed = [] } = task.settings;
  const policy = { ...GATE_LIMITS, ...options.gateLimits, protectedPaths, push, secretsAllowed };
  const decided = decideGate({ ...facts, outsiders: attempt.outsiders }, policy);
  const decision = hideSecrets(decided, options.findSecrets);
  await keep(attempt, { facts, decision, patch }, options);
  const kept = {
    commits: facts.commits,
    filesChanged: facts.net.length,
    ...(patch.length > 0 && { linesChanged: countLines(patch) }),
  };
  const excerpt = hideSecrets(takeStart(patch.toString('utf8'), MOST_EXCERPT), options.findSecrets);
  return { gitDir: repository.path, baseSha, facts, decision, kept, excerpt };
}

/** Lines that a patch adds and removes. */
function countLines(patch: Buffer): number {
  const lines = patch.toString('latin1').split('\n');
  return lines.filter((line) => /^[+-](?!\+\+ |-- )/.test(line)).length;
}

/** What a person needs who wants the work all the same, and why the gate said what it said. */
async function keep(
  attempt: Attempt,
  gate: { facts: GateFacts; decision: GateDecision; patch: Buffer },
  options: Pick<PublisherOptions, 'artifacts' | 'findSecrets'>,
): Promise<void> {
  const { spellings: _, ...facts } = gate.facts;
  const report = hideSecrets({ decision: gate.decision, facts }, options.findSecrets);
  if (gate.patch.length > 0) {
    await options.artifacts.put(artifactKey(attempt, 'changes.patch'), gate.patch);
  }
  await options.artifacts.put(artifactKey(attempt, 'gate.json'), Buffer.from(JSON.stringify(report, null, 2)));
}
