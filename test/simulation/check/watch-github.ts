import type { MemoryState } from '../../../app/store/memory/memory-state.ts';
import type { EventOf } from '../../../app/task/events.ts';
import type { Task } from '../../../app/task/task.ts';
import type { Sim } from '../engine/sim.ts';
import type { GitHubState } from '../peers/github/github-state.ts';
import type { QuarantineEvents } from '../peers/quarantine.ts';

const MARKER = /<!-- bosun:([^:]+):/;

/** What the publisher could know of a cancel when it looked last. */
export type Looks = Map<string, { readonly cancelled: boolean }>;

export interface GitHubWatch extends QuarantineEvents {
  /** After every call that GitHub carried out. */
  onDone(method: string): void;
}

/** Holds what GitHub has and what git was told to do against what may be there, from GitHub's records alone. */
export function watchGitHub(parts: {
  sim: Sim;
  github: GitHubState;
  rows: () => MemoryState;
  looks: Looks;
}): GitHubWatch {
  const { github, looks, rows, sim } = parts;

  function expectOne(invariant: string, names: readonly string[]): void {
    const seen = new Set<string>();
    for (const name of names) {
      if (seen.has(name)) {
        sim.broke(invariant, `there are two for ${name}`);
      }
      seen.add(name);
    }
  }

  /** A retry uses the branch of the task it repeats, so a branch can have several. */
  function tasksOfBranch(push: { repositoryId: number; branch: string }): Task[] {
    const tasks = [...rows().tasks.values()].map(({ task }) => task);
    return tasks.filter((task) => task.repository.id === push.repositoryId && task.branch === push.branch);
  }

  function pushEvents<Kind extends 'task.gate_passed' | 'task.pushed'>(taskId: string, kind: Kind): EventOf<Kind>[] {
    return (rows().events.get(taskId) ?? []).filter((event): event is EventOf<Kind> => event.kind === kind);
  }

  return {
    onDone(method) {
      sim.count('check of GitHub');
      switch (method) {
        case 'createComment': {
          const ours = github.comments.filter((comment) => comment.appId !== null && !comment.deleted);
          return expectOne(
            'one comment',
            ours.map(({ body, number, repositoryId }) => `${repositoryId}#${number} ${MARKER.exec(body)?.[1]}`),
          );
        }
        case 'createPull': {
          const ours = github.pulls.filter((pull) => pull.appId !== null && pull.state === 'open');
          return expectOne(
            'one pull request',
            ours.map(({ body }) => `task ${MARKER.exec(body)?.[1]}`),
          );
        }
        case 'createCheckRun':
          return expectOne(
            'one check run',
            github.checks.map(({ externalId, headSha }) => `task ${externalId} on ${headSha}`),
          );
        default:
          return undefined;
      }
    },

    onPush({ before, branch, repositoryId, sha }) {
      sim.count('push to GitHub');
      sim.trace.say(`GitHub has ${branch} at ${sha.slice(0, 8)}`);
      const tasks = tasksOfBranch({ repositoryId, branch });
      if (tasks.length === 0) {
        sim.broke('branch', `${branch} belongs to no task`);
        return;
      }
      const task = tasks.findLast(({ id }) =>
        pushEvents(id, 'task.gate_passed').some(({ data }) => data.headSha === sha && data.branch === branch),
      );
      if (task === undefined) {
        sim.broke('intent first', `${branch} was pushed before it was written down that the work passed the gate`);
        return;
      }
      const line = github.commits.line(before ?? task.baseSha ?? '', sha) ?? [];
      if (line.some((commit) => commit.paths.some((path) => path.startsWith('.github/')))) {
        sim.broke('gate', `${branch} has a protected file`);
      }
      if (looks.get(task.id)?.cancelled === true && task.publication.headSha !== sha) {
        sim.broke('stop', `${branch} was pushed although the task had been cancelled when that was asked last`);
      }
    },

    onPrepare({ epoch, start, taskId }, tipOf) {
      const published = pushEvents(taskId, 'task.pushed').at(-1)?.epoch ?? 0;
      for (let earlier = epoch - 1; earlier > published; earlier -= 1) {
        if (start === null && tipOf({ taskId, epoch: earlier }) !== null) {
          sim.broke(
            'work kept',
            `attempt ${epoch} of task ${taskId} starts anew although attempt ${earlier} left work`,
          );
        }
      }
    },

    onRemove({ epoch, taskId }, tip) {
      if (tip !== null && !pushEvents(taskId, 'task.pushed').some((event) => event.epoch === epoch)) {
        sim.broke('work kept', `what attempt ${epoch} of task ${taskId} pushed was removed and is not published`);
      }
    },
  };
}
