import type { Sim } from '../engine/sim.ts';
import type { Commits } from './commits.ts';
import type { Deliveries } from './deliveries.ts';
import { commentPayload, issuesPayload } from './payloads.ts';
import type { GitHubState, Person, SimComment, SimIssue } from './github/github-state.ts';

const SAYINGS = [
  ['/implement', 10],
  ['/implement --budget 1', 3],
  ['/status', 2],
  ['/cancel', 4],
  ['/stop', 1],
  ['/pause', 3],
  ['/resume', 4],
  ['/retry', 5],
  ['/retry --from-scratch', 1],
  ['/budget +1', 4],
  ['/budget', 1],
  ['/help', 1],
  ['/implment', 1],
  ['just words', 2],
  ['/pause\n/resume', 1],
] as const;
const LOTS = SAYINGS.flatMap(([text, weight]) => Array.from({ length: weight }, () => text));

/** What people do all day: open issues, give orders, change their minds, and do things to branches and pull requests. */
export interface People {
  openIssue(): SimIssue;
  say(issue: SimIssue, text: string, who?: Person): SimComment;
}

export function createPeople(
  world: { sim: Sim; github: GitHubState; commits: Commits; deliveries: Deliveries },
  options: { repositories: number; meanPauseMs: number },
): People {
  const { commits, deliveries, github, sim } = world;
  const chance = sim.chance.stream('people');
  const writers: Person[] = [1, 2, 3].map((id) => ({ id, login: `writer-${id}`, isBot: false }));
  const stranger: Person = { id: 9, login: 'stranger', isBot: false };
  github.people.push(...writers, stranger);
  writers.forEach(({ id }) => {
    github.roles.set(id, 'write');
    github.steady.add(id);
  });
  github.roles.set(stranger.id, 'read');
  for (let id = 1; id <= options.repositories; id += 1) {
    const root = commits.make({ parent: null, paths: ['README.md'], subject: 'Begin', by: `repository ${id}` });
    const refs = new Map([['main', root.sha]]);
    github.repositories.set(id, { id, owner: 'acme', name: `repository-${id}`, refs, archived: false });
  }

  function openIssue(): SimIssue {
    const repositoryId = chance.between(1, options.repositories);
    const number = github.nextNumber(repositoryId);
    const issue: SimIssue = {
      repositoryId,
      number,
      author: chance.pick(writers),
      title: `Issue ${number} of repository ${repositoryId}`,
      body: 'It is not as it should be.',
      open: true,
      locked: false,
      labels: new Set(),
      updatedAt: sim.time.now(),
    };
    github.issues.push(issue);
    deliveries.send('issues', issuesPayload(github, issue, { action: 'opened', sender: issue.author }));
    return issue;
  }

  function label(issue: SimIssue): void {
    issue.labels.add('bosun');
    issue.updatedAt = sim.time.now();
    const sender = chance.pick(writers);
    deliveries.send('issues', issuesPayload(github, issue, { action: 'labeled', sender, label: 'bosun' }));
  }

  function say(issue: SimIssue, body: string, who: Person = chance.pick(writers)): SimComment {
    const at = sim.time.now();
    const comment: SimComment = {
      id: github.nextId(),
      repositoryId: issue.repositoryId,
      number: issue.number,
      author: who,
      appId: null,
      body,
      createdAt: at,
      updatedAt: at,
      deleted: false,
    };
    github.comments.push(comment);
    sim.trace.say(`${who.login} says ${JSON.stringify(body)} on ${issue.repositoryId}#${issue.number}`);
    sim.count('comment');
    deliveries.send('issue_comment', commentPayload(github, issue, { action: 'created', comment }));
    return comment;
  }

  function remove(comment: SimComment): void {
    comment.deleted = true;
    const issue = github.issues.find(
      (one) => one.number === comment.number && one.repositoryId === comment.repositoryId,
    );
    if (issue !== undefined) {
      deliveries.send('issue_comment', commentPayload(github, issue, { action: 'deleted', comment }));
    }
  }

  function touchPull(): void {
    const pull = chance.pick(github.pulls);
    const refs = github.repositories.get(pull.repositoryId)?.refs;
    const head = refs?.get(pull.head);
    sim.count('act on a pull request');
    const act = chance.pick(['merge', 'close', 'push', 'delete branch', 'edit'] as const);
    sim.trace.say(`somebody does ${act} to pull request ${pull.repositoryId}#${pull.number}`);
    if (act === 'push' && head !== undefined) {
      const commit = commits.make({ parent: head, paths: ['src/mine.ts'], subject: 'Mine', by: `${sim.time.now()}` });
      refs?.set(pull.head, commit.sha);
    } else if (act === 'edit') {
      pull.body += '\n\nEdited by a person.';
    } else if (act !== 'push' && pull.state === 'open') {
      pull.headSha = head ?? pull.headSha;
      pull.state = act === 'merge' ? 'merged' : 'closed';
      if (act !== 'close') {
        refs?.delete(pull.head);
      }
    }
  }

  function act(): void {
    const lot = chance.next();
    if (lot < 0.3 || github.issues.length === 0) {
      const issue = openIssue();
      if (chance.happens(0.3)) {
        label(issue);
      } else {
        say(issue, '/implement');
      }
      return;
    }
    const issue = chance.pick(github.issues.slice(-8));
    if (lot < 0.8) {
      say(issue, chance.pick(LOTS), chance.happens(0.05) ? stranger : chance.pick(writers));
    } else if (lot < 0.83) {
      issue.open = !issue.open;
    } else if (lot < 0.87) {
      issue.title += '!';
      issue.updatedAt = sim.time.now();
      deliveries.send('issues', issuesPayload(github, issue, { action: 'edited', sender: issue.author }));
    } else if (lot < 0.9) {
      const theirs = github.comments.filter((one) => !one.deleted && chance.happens(0.5));
      if (theirs.length > 0) {
        remove(chance.pick(theirs.slice(-10)));
      }
    } else if (lot < 0.92) {
      const person = chance.pick(writers);
      github.steady.delete(person.id);
      github.roles.set(person.id, github.roles.get(person.id) === 'write' ? 'read' : 'write');
    } else if (github.pulls.length > 0) {
      touchPull();
    }
  }

  function live(): void {
    const pauseMs = chance.happens(0.4) ? chance.between(1_000, 90_000) : options.meanPauseMs * 2 * chance.next();
    sim.time.at(
      sim.time.now() + pauseMs,
      () => {
        if (!sim.isQuiet()) {
          act();
          live();
        }
      },
      null,
    );
  }
  live();
  return { openIssue, say };
}
