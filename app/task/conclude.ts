import { z } from 'zod';
import { takeStart } from '../../protocol/index.ts';
import { readCheck } from './checks/read-check.ts';
import { failure, type Failure } from './failure.ts';
import type { Outcome, OutcomeFacts, PublishFacts, Verdict } from './outcome.ts';

/** Commits and files the publisher pushed, and whether GitHub holds exactly that, with a pull request. */
export type Published =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'held' }
  /** Pushed, but GitHub does not show it as it should be. */
  | { readonly kind: 'broken'; readonly failure: Failure };

/** How a task type reads an attempt that nothing stopped and nothing failed. */
export type Conclude = (facts: OutcomeFacts, published: Published) => Verdict;

/** For types whose result is a change: it was published, or there is a reason why not. */
export function concludeChange(facts: OutcomeFacts, published: Published): Verdict {
  const { publish } = facts;
  if (published.kind === 'held') {
    return { to: 'COMPLETED', outcome: describeOutcome(facts, 'published') };
  }
  if (published.kind === 'broken') {
    return failed(facts, { published, cause: published.failure, to: 'FAILED' });
  }
  if (publish.kind === 'nothing' && publish.why === 'dry_run') {
    return { to: 'COMPLETED', outcome: describeOutcome(facts, 'dry_run') };
  }
  if (publish.kind === 'withheld') {
    const lines = publish.withheld.map((item) => `${item.code}: ${item.message}`).join('\n');
    return failed(facts, { published, cause: failure(withheldCode(publish.withheld), lines), to: 'FAILED' });
  }
  const cause = failure('NO_CHANGES', facts.result?.summary || undefined);
  const verdict = failed(facts, { published, cause, to: 'FAILED' });
  return { ...verdict, outcome: describeOutcome(facts, 'no_changes') };
}

/** For types whose result is what the agent reports: it has to match the type's schema. Changes are not looked at. */
export function concludeReport(schema: z.ZodType): Conclude {
  return (facts, published) => {
    const read = schema.safeParse(facts.result?.output);
    if (read.success) {
      return { to: 'COMPLETED', outcome: describeOutcome(facts, 'reported') };
    }
    const cause = failure('OUTPUT_INVALID', takeStart(z.prettifyError(read.error), 1_000));
    return failed(facts, { published, cause, to: 'FAILED' });
  };
}

/** Work that does not stand on the base has to be done again; everything else may be fixed or taken by hand. */
function withheldCode(withheld: readonly { readonly code: string }[]): 'GATE_REJECTED' | 'WITHHELD' {
  const structural = ['NOT_ON_BASE', 'COMMITS_TOO_MANY'];
  return withheld.every((item) => structural.includes(item.code)) ? 'GATE_REJECTED' : 'WITHHELD';
}

export function failed(
  facts: OutcomeFacts,
  ending: { published: Published; cause: Failure; to: 'FAILED' | 'TIMED_OUT' },
): Extract<Verdict, { to: 'FAILED' | 'TIMED_OUT' }> {
  const kind = ending.published.kind === 'nothing' ? 'failed' : 'partial';
  return { to: ending.to, outcome: describeOutcome(facts, kind), failure: ending.cause };
}

export function inferPublished(facts: OutcomeFacts): Published {
  const { github, publish } = facts;
  if (publish.kind !== 'pushed') {
    return { kind: 'nothing' };
  }
  if (github === null) {
    return {
      kind: 'broken',
      failure: failure('GITHUB_UNAVAILABLE', 'The branch was pushed, but could not be read back.'),
    };
  }
  // A merge may delete the branch: what was merged was published.
  if (github.branchSha === publish.headSha || github.pull?.state === 'merged') {
    return github.pull === null ? { kind: 'broken', failure: failure('PULL_REQUEST_REJECTED') } : { kind: 'held' };
  }
  if (github.branchSha === null) {
    return { kind: 'broken', failure: failure('PULL_REQUEST_CLOSED', 'The branch was deleted after it was pushed.') };
  }
  const detail = `The branch is at ${github.branchSha}, and ${publish.headSha} was pushed.`;
  return { kind: 'broken', failure: failure('BRANCH_MOVED', detail) };
}

export function describeOutcome(facts: OutcomeFacts, kind: Outcome['kind']): Outcome {
  const { publish, result } = facts;
  const work = publish.kind === 'pushed' ? publish : (publish.kept ?? null);
  return {
    kind,
    filesChanged: work?.filesChanged ?? 0,
    ...(work?.linesChanged !== undefined && { linesChanged: work.linesChanged }),
    commits: work?.commits ?? 0,
    verified: verified(facts),
    summary: result?.summary ?? '',
    questions: result?.ending === 'question' ? result.questions : [],
    withheld: findingsOf(publish),
    ...(result?.leftOut !== undefined && { leftOut: result.leftOut }),
    turns: result?.turns ?? 0,
  };
}

function findingsOf(publish: PublishFacts): Outcome['withheld'] {
  switch (publish.kind) {
    case 'withheld':
      return publish.withheld;
    case 'held':
      return publish.findings;
    default:
      return [];
  }
}

function verified({ checks, result }: OutcomeFacts): Outcome['verified'] {
  if (checks && checks.length > 0) {
    return checks.every((check) => readCheck(check).effect === 'pass') ? 'passed' : 'failed';
  }
  // Rows of before version 0.4, when the worker ran the tests
  const verify = result?.verify;
  if (verify === undefined) {
    return 'not_run';
  }
  return verify.exitCode === 0 ? 'passed' : 'failed';
}
