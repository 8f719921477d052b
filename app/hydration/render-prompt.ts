import type { RepositoryFacts, ThreadFacts } from '../github/github.ts';
import { hasNewerText } from '../task/newer-text.ts';
import type { TaskType } from '../task/task-type.ts';
import type { Task } from '../task/task.ts';
import { fitBudget } from '../text/fit-budget.ts';
import { estimateTokens } from '../text/token-estimate.ts';
import { visibleLine, visibleText, type VisibleText } from '../text/visible-text.ts';
import { renderGaps } from './render-gaps.ts';
import type { CollectedComments } from './collect-comments.ts';
import { part, type PromptPart, type PromptSource } from './prompt-part.ts';
import type { PullContext } from './pull/collect-pull.ts';
import { describePull, renderPullParts } from './pull/render-parts.ts';

export interface InstructionFile {
  readonly path: string;
  readonly text: string;
}

/** An instruction file, or a part of one, that the agent did not see. */
export interface UnreadFile {
  readonly path: string;
  readonly why: string;
}

/** What the agent read, for people: what went in, what stayed out, what was hidden text. */
export interface PromptReading {
  readonly sources: readonly PromptSource[];
  readonly tokenEstimate: number;
  readonly truncated: boolean;
  readonly dropped: number;
  readonly leftOut: CollectedComments['leftOut'];
  /** Comments from which a quoted mail or a signature was cut. */
  readonly cut: number;
  readonly hidden: number;
  /** Diagrams, maps and formulas that GitHub draws instead of showing their source. */
  readonly drawings: number;
  readonly unread: readonly UnreadFile[];
  /** Text that was edited after the approval was left out. */
  readonly newerText: boolean;
  readonly resumed: boolean;
  readonly textSha256: string;
}

export interface PromptFacts {
  readonly task: Task;
  readonly type: TaskType;
  readonly repository: RepositoryFacts;
  readonly thread: ThreadFacts;
  readonly comments: CollectedComments;
  readonly instructions: readonly InstructionFile[];
  readonly unread: readonly UnreadFile[];
  readonly baseBranch: string;
  readonly resumed: boolean;
  /** The pull request that the task is about; null for one about an issue. */
  readonly pull: PullContext | null;
}

/** How texts are read, and how much in them nobody would have seen. */
interface Hidden {
  count: number;
  drawings: number;
  readonly visible: (markdown: string) => VisibleText;
}

/**
 * The prompt: what is asked for in plain words, and everything people wrote as fenced data with its author. Within the
 * token budget the oldest comments go first; the request, the issue and the instructions stay.
 */
export function renderPrompt(
  facts: PromptFacts,
  visible: (markdown: string) => VisibleText = visibleText,
): { prompt: { system: string; user: string }; read: PromptReading } {
  const hidden: Hidden = { count: 0, drawings: 0, visible };
  const issue = issuePart(facts, hidden);
  const files = facts.instructions.map((file) => filePart(file, hidden));
  const comments = facts.comments.comments.map((comment) =>
    part(
      { kind: 'comment', label: `comment ${comment.id}`, author: comment.author.login, url: comment.url },
      { text: clean(comment.body, hidden), authorId: comment.author.id },
    ),
  );
  const gaps = renderGaps(facts.task);
  const request = [requestText(facts, hidden), ...(gaps === null ? [] : [gaps])].join('\n\n');
  const fixed = [request, issue.text, ...files.map((file) => file.text)];
  const fixedTokens = fixed.reduce((sum, text) => sum + estimateTokens(text), 0);
  const leftTokens = Math.max(0, facts.task.settings.promptTokenBudget - fixedTokens);
  const pull =
    facts.pull === null
      ? { parts: [], dropped: 0 }
      : renderPullParts(facts.pull, { budgetTokens: leftTokens, clean: (markdown) => clean(markdown, hidden) });
  const fitted = fitBudget({
    parts: comments,
    sizeOf: (comment) => comment.source.tokens,
    budgetTokens: Math.max(0, leftTokens - pull.parts.reduce((sum, { source }) => sum + source.tokens, 0)),
  });
  const user = [
    request,
    issue.text,
    ...fitted.kept.map((comment) => comment.text),
    ...pull.parts.map(({ text }) => text),
    ...files.map((file) => file.text),
  ].join('\n\n');
  const sources = [issue, ...fitted.kept, ...pull.parts, ...files].map(({ source }) => source);
  const dropped = fitted.dropped + pull.dropped;
  return {
    prompt: { system: systemText(facts), user },
    read: {
      sources,
      tokenEstimate: estimateTokens(user),
      truncated: dropped > 0,
      dropped,
      leftOut: facts.comments.leftOut,
      cut: facts.comments.cut,
      hidden: hidden.count,
      drawings: hidden.drawings,
      unread: facts.unread,
      newerText: facts.comments.isRequestEdited || hasNewerText(facts.task, facts.thread),
      resumed: facts.resumed,
      textSha256: facts.task.text.sha256,
    },
  };
}

function systemText(facts: PromptFacts): string {
  const { instructions } = facts.task.settings;
  return instructions === null
    ? facts.type.systemPrompt
    : `${facts.type.systemPrompt}\n\nThe maintainers of this repository add:\n${instructions}`;
}

function requestText(facts: PromptFacts, hidden: Hidden): string {
  const { task, repository, baseBranch } = facts;
  const asked = clean(task.text.request, hidden);
  const lines = [
    '# Request',
    '',
    `Repository ${repository.ref.owner}/${repository.ref.name}, ${
      facts.pull === null ? `issue #${task.thread.number}, branch \`${baseBranch}\`` : describePull(facts.pull)
    }.`,
    `Asked by ${task.requestedBy.login} (user id ${task.requestedBy.id}), who may write to this repository.`,
    '',
    asked === '' ? facts.type.request : asked,
  ];
  if (task.settings.path !== null) {
    lines.push('', `The work is about the directory \`${task.settings.path}\`.`);
  }
  if (facts.resumed) {
    lines.push(
      '',
      'The work of an earlier attempt is in this checkout. Look at the log first and continue from there.',
    );
  }
  return lines.join('\n');
}

function issuePart(facts: PromptFacts, hidden: Hidden): PromptPart {
  const { text, thread } = facts.task;
  return part(
    {
      kind: 'issue',
      label: `${thread.kind === 'issue' ? 'issue' : 'pull request'} #${thread.number}`,
      author: text.author.login,
      url: null,
    },
    { text: `${cleanTitle(text.title, hidden)}\n\n${clean(text.body, hidden)}`.trim(), authorId: text.author.id },
  );
}

/** Files of the default branch guide the agent, but they are data, and a reviewer saw only what is visible in them. */
function filePart(file: InstructionFile, hidden: Hidden): PromptPart {
  return part(
    { kind: 'file', label: file.path, author: null, url: null },
    { text: clean(file.text, hidden), authorId: null },
  );
}

function clean(markdown: string, hidden: Hidden): string {
  return count(hidden.visible(markdown), hidden);
}

/** A title is one line of plain text, not Markdown. */
function cleanTitle(title: string, hidden: Hidden): string {
  return count(visibleLine(title), hidden);
}

/** What any issue has and nobody would call hidden: pictures, link targets, folded parts. */
const ORDINARY: readonly string[] = ['image', 'link_target', 'definition', 'folded', 'drawing'];

function count(visible: VisibleText, hidden: Hidden): string {
  const suspicious = visible.removed.filter((removal) => !ORDINARY.includes(removal.kind));
  hidden.count += suspicious.reduce((sum, removal) => sum + removal.count, 0);
  hidden.drawings += visible.removed.find(({ kind }) => kind === 'drawing')?.count ?? 0;
  return visible.text;
}
