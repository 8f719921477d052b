import { readWorkHead } from '../git/attempt-repository.ts';
import { artifactKey } from '../store/artifacts.ts';
import type { Attempt, Task } from '../task/task.ts';
import { rebuildCommits } from './commits/rebuild-commits.ts';
import { renderCommitMessage } from './commits/render-commit-message.ts';
import { decideGate, type GateDecision } from './gate/decide-gate.ts';
import { GATE_LIMITS, type GateFacts } from './gate/gate-facts.ts';
import { inspectWork } from './inspect/inspect-work.ts';
import type { PublisherOptions } from './publisher-options.ts';
import { ended, type Part } from './publishing.ts';

/** Work that passed the gate, in commits of our own. */
export interface PreparedWork {
  readonly gitDir: string;
  readonly headSha: string;
  readonly commits: number;
  readonly filesChanged: number;
}

/**
 * Takes what the worker pushed through the gate, keeps the patch, and rebuilds the commits. Touches nothing outside and
 * makes the same commits every time, so a try after a crash finds what the first one pushed.
 */
export async function prepareWork(
  task: Task,
  attempt: Attempt,
  options: PublisherOptions,
): Promise<Part<PreparedWork>> {
  const repository = await options.attempts.find(attempt);
  const tipSha = repository === null ? null : await readWorkHead(repository);
  const baseSha = attempt.gateBaseSha ?? repository?.baseSha ?? null;
  if (repository === null || tipSha === null || baseSha === null || tipSha === baseSha) {
    return nothing('no_commits');
  }
  const { facts, patch } = await inspectWork({ gitDir: repository.path, baseSha, tipSha }, options.findSecrets);
  if (facts.isOnBase && facts.net.length === 0) {
    return nothing('no_commits');
  }
  const decision = decideGate(facts, { ...GATE_LIMITS, protectedPaths: task.settings.protectedPaths });
  await keep(attempt, { facts, decision, patch }, options);
  if (!decision.pass) {
    return ended({ kind: 'done', facts: { kind: 'withheld', withheld: decision.withheld } });
  }
  if (task.settings.dryRun) {
    return nothing('dry_run');
  }
  const chosen = decision.history === 'squash' ? facts.line.slice(-1) : facts.line;
  const rebuilt = await rebuildCommits({
    gitDir: repository.path,
    baseSha,
    commits: chosen.map(({ tree, subject }) => ({ tree, message: message(subject, task, options) })),
    identity: options.identity,
    firstAt: attempt.startedAt,
  });
  return { ok: true, value: { gitDir: repository.path, ...rebuilt, filesChanged: facts.net.length } };
}

function message(given: string, task: Task, options: PublisherOptions): string {
  // What a worker kept on the way has no words of its own; the title of the issue says more.
  const subject = given.startsWith('Work in progress') ? task.text.title : given;
  const hasSecret = options.findSecrets(Buffer.from(subject)).length > 0;
  return renderCommitMessage({
    subject: hasSecret ? '' : subject,
    issueNumber: task.thread.number,
    taskId: task.id,
    requestedBy: task.requestedBy,
    noReplyDomain: `users.noreply.${new URL(options.serverUrl).hostname}`,
  });
}

/** What a person needs who wants the work all the same, and why the gate said what it said. */
async function keep(
  attempt: Attempt,
  gate: { facts: GateFacts; decision: GateDecision; patch: Buffer },
  options: PublisherOptions,
): Promise<void> {
  const { spellings: _, ...facts } = gate.facts;
  const report = { decision: gate.decision, facts };
  if (gate.patch.length > 0) {
    await options.artifacts.put(artifactKey(attempt, 'changes.patch'), gate.patch);
  }
  await options.artifacts.put(artifactKey(attempt, 'gate.json'), Buffer.from(JSON.stringify(report, null, 2)));
}

function nothing(why: 'no_commits' | 'dry_run'): Part<PreparedWork> {
  return ended({ kind: 'done', facts: { kind: 'nothing', why } });
}
