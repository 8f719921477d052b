import { isTerminal } from '../../../protocol/index.ts';
import { isBlocked, isPaused } from '../../../app/store/rules/task-facts.ts';
import type { Task } from '../../../app/task/task.ts';
import { findBroken } from '../../support/invariants.ts';
import { snapshotOfMemory } from '../../support/store-snapshots.ts';
import type { GitHubState } from '../peers/github/github-state.ts';
import type { World } from '../process/world.ts';

/** A comment that begins so says that something is under way. */
const UNDER_WAY = /^### (?:🕓|📖|🔨|🔎|⏸)/m;
const COMMANDS = /^\/(?:implement|status|cancel|stop|pause|resume|retry|budget|help)\b/;

/** What must hold once everything has come to rest: nothing lost, nothing stuck, and what people see is true. */
export function checkEnd(world: World, github: GitHubState): void {
  const { sim } = world;
  const { state } = world.stores;
  const tasks = [...state.tasks.values()];
  findBroken(snapshotOfMemory(state)).forEach((sentence) => sim.broke('rows', sentence));
  tasks.forEach(({ task }) => checkRests(world, task));
  checkMail(world);
  for (const { reported, task } of tasks) {
    if (reported.revision < task.revision) {
      sim.broke('shown', `task ${task.id} is at ${task.revision}, shown is ${reported.revision}`);
    }
    checkComment(task, { sim, github });
    checkCheckRun(task, { sim, github });
    checkRaises(task, { world, github });
  }
  checkTriggers(
    tasks.map(({ task }) => task),
    world,
  );
  checkAnswers(world, github);
}

function checkRests({ sim }: World, task: Task): void {
  const rests = isTerminal(task.state) || isPaused(task) || (isBlocked(task) && task.wait?.reason === 'budget');
  if (!rests) {
    sim.broke('nothing stuck', `task ${task.id} is ${task.state} ${JSON.stringify(task.wait ?? task.lease)}`);
  }
}

/** L1, and what was to be said was said. */
function checkMail({ deliveries, sim, stores: { state } }: World): void {
  for (const { guid } of deliveries.sent) {
    const record = state.inbox.get(guid);
    if (record?.state !== 'settled') {
      sim.broke('nothing lost', `delivery ${guid} is ${record?.state ?? 'not in the inbox'}`);
    }
  }
  for (const { item, settled } of state.outbox.values()) {
    if (!settled) {
      sim.broke('nothing stuck', `message ${item.key} was never sent`);
    }
  }
}

function checkComment(task: Task, { sim, github }: { sim: World['sim']; github: GitHubState }): void {
  const marked = github.comments.filter(({ appId, body }) => appId !== null && body.includes(`<!-- bosun:${task.id}:`));
  const shown = marked.find((comment) => !comment.deleted);
  if (shown === undefined) {
    if (marked.length === 0) {
      sim.broke('shown', `task ${task.id} (${task.state}) has no comment`);
    }
  } else if (isTerminal(task.state) && UNDER_WAY.test(shown.body)) {
    sim.broke('shown', `task ${task.id} is ${task.state}, its comment says ${shown.body.split('\n')[1]}`);
  }
}

function checkCheckRun(task: Task, { sim, github }: { sim: World['sim']; github: GitHubState }): void {
  const { headSha } = task.publication;
  if (headSha !== null && isTerminal(task.state)) {
    const check = github.checks.find((one) => one.externalId === task.id && one.headSha === headSha);
    if (check?.status !== 'completed') {
      sim.broke('shown', `task ${task.id} is ${task.state}, its check run is ${check?.status ?? 'missing'}`);
    }
  }
}

/** Money is added once for each command that asks for it. */
function checkRaises(task: Task, { github, world }: { github: GitHubState; world: World }): void {
  const { number } = task.thread;
  const asked = github.comments.filter(
    (one) => one.number === number && one.repositoryId === task.repository.id && one.body.startsWith('/budget +1'),
  );
  const events = world.stores.state.events.get(task.id) ?? [];
  const raises = events.filter(({ kind }) => kind === 'task.budget_raised');
  if (raises.length > asked.length) {
    world.sim.broke('once', `task ${task.id} got money ${raises.length} times for ${asked.length} commands`);
  }
}

function checkTriggers(tasks: readonly Task[], { sim }: World): void {
  const seen = new Set<number>();
  for (const { id, trigger } of tasks) {
    if (trigger.commentId === null) {
      continue;
    }
    if (seen.has(trigger.commentId)) {
      sim.broke('once', `comment ${trigger.commentId} made task ${id} and another`);
    }
    seen.add(trigger.commentId);
  }
}

/** Everyone who always had the right to ask got an answer they can see. */
function checkAnswers({ sim }: World, github: GitHubState): void {
  for (const comment of github.comments) {
    const { author, body, id, number, repositoryId } = comment;
    if (comment.appId === null && !comment.deleted && COMMANDS.test(body) && github.steady.has(author.id)) {
      const place = `${repositoryId}/${number}/${id}`;
      if (!github.reactions.has(`${place}/eyes`) && !github.reactions.has(`${place}/confused`)) {
        sim.broke('nothing lost', `nobody answered ${JSON.stringify(body)} of comment ${place}`);
      }
    }
  }
}
