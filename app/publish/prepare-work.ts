import type { KeptWork, Withheld } from '../task/outcome.ts';
import { releasedQuestion } from '../task/question.ts';
import type { Attempt } from '../task/attempt.ts';
import type { Task } from '../task/task.ts';
import { renderCommitMessage } from './commits/render-commit-message.ts';
import { examineWork, type ExaminedWork } from './examine-work.ts';
import type { GateDecision } from './gate/decide-gate.ts';
import type { PublisherOptions } from './publisher-options.ts';
import { ended, type Part } from './publishing.ts';
import { realWorkGit, type WholeChange } from './work-git.ts';

/** Work that passed the gate, in commits of our own. */
export interface PreparedWork {
  readonly gitDir: string;
  /** The commit below the first of them. */
  readonly baseSha: string;
  readonly headSha: string;
  /** The commit that passed the gate, where GitHub made and signed the head in its place. */
  readonly approvedSha?: string;
  readonly commits: number;
  readonly filesChanged: number;
  readonly linesChanged?: number;
  /** True when an earlier task or attempt pushed it. */
  readonly isEarlier?: true;
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
  const examined = await examineWork(task, attempt, options);
  if (examined === null) {
    return nothing('no_commits', null);
  }
  const { baseSha, decision, excerpt, gitDir, kept } = examined;
  if (decision.outcome === 'block') {
    return ended({ kind: 'done', facts: { kind: 'withheld', withheld: decision.findings, kept } });
  }
  if (task.settings.dryRun) {
    return nothing('dry_run', kept);
  }
  const rebuilt = await rebuild(task, { attempt, examined, decision }, options);
  const findings = findingsToRelease(decision, { task, headSha: rebuilt.headSha });
  return findings.length > 0
    ? ended({ kind: 'done', facts: { kind: 'held', commit: rebuilt.headSha, findings, excerpt, kept } })
    : { ok: true, value: { gitDir, baseSha, ...kept, ...rebuilt } };
}

/** The commit that would be published, and the change from the base of the branch to it. */
export interface Candidate extends WholeChange {
  readonly headSha: string;
}

/** Reads it for the verdict; null where the gate lets nothing out, or there is nothing. */
export async function inspectCandidate(
  task: Task,
  work: { attempt: Attempt; commands: readonly string[] },
  options: PublisherOptions,
): Promise<Candidate | null> {
  const { attempt, commands } = work;
  const examined = await examineWork(task, attempt, options);
  if (examined === null || examined.decision.outcome === 'block') {
    return null;
  }
  const { decision, facts, gitDir } = examined;
  const { headSha } = await rebuild(task, { attempt, examined, decision }, options);
  const range = { gitDir, baseSha: task.baseSha ?? examined.baseSha, tipSha: facts.tipSha };
  return { headSha, ...(await (options.git ?? realWorkGit).readChange(range, commands)) };
}

/**
 * The commit that would be published of what the worker pushed, so that it can be looked at before; null where the gate
 * lets nothing out, or there is nothing.
 */
export async function findCandidate(
  task: Task,
  attempt: Attempt,
  options: PublisherOptions,
): Promise<{ readonly headSha: string; readonly gateBaseSha: string } | null> {
  const examined = await examineWork(task, attempt, options);
  if (examined === null || examined.decision.outcome === 'block') {
    return null;
  }
  const { decision } = examined;
  const { headSha } = await rebuild(task, { attempt, examined, decision }, options);
  return { headSha, gateBaseSha: examined.baseSha };
}

async function rebuild(
  task: Task,
  work: { attempt: Attempt; examined: ExaminedWork; decision: Exclude<GateDecision, { outcome: 'block' }> },
  options: PublisherOptions,
): Promise<{ headSha: string; commits: number }> {
  const { baseSha, facts, gitDir } = work.examined;
  const chosen = work.decision.history === 'squash' ? facts.line.slice(-1) : facts.line;
  return (options.git ?? realWorkGit).rebuild({
    gitDir,
    baseSha,
    commits: chosen.map(({ tree, subject }) => ({ tree, message: message(subject, task, options) })),
    identity: options.identity,
    firstAt: work.attempt.startedAt,
  });
}

/** What a person has to look at first; nothing once they released this very commit. */
function findingsToRelease(
  decision: Exclude<GateDecision, { outcome: 'block' }>,
  { headSha, task }: { task: Task; headSha: string },
): readonly Withheld[] {
  const released = releasedQuestion(task);
  if (released?.subject === headSha) {
    return [];
  }
  const findings = decision.outcome === 'hold' ? decision.findings : [];
  if (released === null) {
    return findings;
  }
  const message = `The commit ${released.subject.slice(0, 12)} was released, and what would be published now is another one.`;
  return [{ code: 'COMMIT_CHANGED', path: null, message }, ...findings];
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

function nothing(why: 'no_commits' | 'dry_run', kept: KeptWork | null): Part<PreparedWork> {
  return ended({ kind: 'done', facts: { kind: 'nothing', why, ...(kept && { kept }) } });
}
