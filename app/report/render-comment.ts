import { AGENT_PROGRAMS, isTerminal } from '../../protocol/index.ts';
import { findLatest } from '../task/events.ts';
import type { Task } from '../task/task.ts';
import type { RenderOptions, ReportFacts } from './report-facts.ts';
import { codeSpan, joinBlocks, linkTo, login, mention, plainLine } from './render/escape-text.ts';
import { foldEnvironment } from './render/render-environment.ts';
import { renderChain } from './render/render-chain.ts';
import { renderContext } from './render/render-context.ts';
import { renderCostTable, renderSpent } from './render/render-cost.ts';
import { renderQuote } from './render/render-quote.ts';
import { renderState } from './render/render-state.ts';
import type { StateView } from './state-view.ts';
import { routeOf } from '../task/tiers/route.ts';

/** GitHub refuses a longer body; the margin is for bytes that it counts differently. */
const MAX_BODY_CHARS = 60_000;

/** The status comment of a task, whatever its state. `marker` is the hidden line by which it is found again. */
export function renderComment(facts: ReportFacts, options: RenderOptions & { readonly marker: string }): string {
  const view = renderState(facts, options);
  const details = [
    ...(view.folds ?? []),
    foldEnvironment(facts.attempt?.environment ?? null),
    foldCost(facts),
    renderContext(facts.events, options),
  ];
  const blocks = [
    `### ${view.icon} ${view.headline}`,
    [renderSpent(facts), ...view.facts].join(' · '),
    ...view.body,
    ...renderQuote(facts),
    ...newerText(facts),
    ...renderChain(facts.chain ?? null, facts.task),
    ...(view.next === null ? [] : [`**Next:** ${view.next}`]),
    ...details,
    `<sub>${footer(facts, { view, options })}</sub>`,
  ];
  return `${options.marker}\n${joinBlocks(blocks, MAX_BODY_CHARS)}`;
}

/** What was edited later never enters, so a reader must not take it for part of the work. */
function newerText({ events, task }: ReportFacts): string[] {
  const wasEdited = [findLatest(events, 'task.hydrated'), findLatest(events, 'task.pushed')].some(
    (event) => event?.data.newerText === true,
  );
  const what = task.thread.kind === 'issue' ? 'issue' : 'pull request';
  return wasEdited
    ? [
        `**Edited after the approval:** the ${what} or the command; the newer text was left out. A new command approves it.`,
      ]
    : [];
}

function foldCost({ totals }: ReportFacts): string {
  const table = renderCostTable(totals);
  return table === '' ? '' : `<details><summary>Cost by model</summary>\n\n${table}\n\n</details>`;
}

function footer(facts: ReportFacts, about: { view: StateView; options: RenderOptions }): string {
  const { task } = facts;
  const { view, options } = about;
  const isPerson = task.trigger.kind === 'comment' || task.trigger.kind === 'label';
  const who = view.notifies && isPerson ? mention(task.requestedBy.login) : login(task.requestedBy.login);
  const id = codeSpan(task.id);
  const url = options.taskUrl?.(task.id) ?? null;
  return [
    `Requested by ${linkTo(who, { url: view.notifies ? null : task.trigger.url, serverUrl: options.serverUrl })}`,
    url && isTerminal(task.state) ? `task [${id}](${url})` : `task ${id}`,
    ...attemptsOf(facts, options),
    `model ${codeSpan(routeOf(task).model, 80)}`,
  ].join(' · ');
}

/** How often it was tried, and whether the last try continued from earlier work. */
function attemptsOf({ attempt, earlier, events, task }: ReportFacts, { serverUrl }: RenderOptions): string[] {
  const id = task.retryOf ?? earlier?.taskId ?? null;
  const url = earlier === null || earlier.taskId !== id ? null : commentUrl(task, { id: earlier.commentId, serverUrl });
  return [
    ...(id === null
      ? []
      : [`${task.retryOf === null ? 'after' : 'retry of'} ${linkTo(codeSpan(id), { url, serverUrl })}`]),
    ...(task.epoch > 1 ? [`attempt ${task.epoch}`] : []),
    ...(findLatest(events, 'task.hydrated')?.data.resumed === true ? ['continued from earlier work'] : []),
    ...conversationOf({ attempt, task }),
  ];
}

function commentUrl({ repository, thread }: Task, comment: { id: number; serverUrl: string }): string {
  const path = thread.kind === 'issue' ? 'issues' : 'pull';
  const { owner, name } = repository;
  return `${comment.serverUrl}/${owner}/${name}/${path}/${thread.number}#issuecomment-${comment.id}`;
}

/** Whether the agent remembers what it did before. */
function conversationOf({ attempt, task }: Pick<ReportFacts, 'attempt' | 'task'>): string[] {
  const conversation = attempt?.result?.conversation;
  const { kind } = task.settings.agent;
  if (conversation === undefined || kind === 'builtin' || kind === 'command') {
    return [];
  }
  const { title } = AGENT_PROGRAMS[kind];
  const { reason, resumed } = conversation;
  if (resumed) {
    return [`${title} resumed its session`];
  }
  return [`${title} started a new session${reason === undefined ? '' : `: ${plainLine(reason, 400)}`}`];
}
