import type { GitHub, Role } from '../../github/github.ts';
import type { TaskListStore } from '../../store/task-lists.ts';
import type { Clock } from '../../task/clock.ts';
import type { RepositoryRef } from '../../task/task.ts';
import type { Viewer } from './viewer.ts';

/** How long an answer of GitHub counts. */
export const RIGHTS_MS = 60_000;
/** Answers that are remembered; beyond that the oldest are asked for again. */
const REMEMBERED = 20_000;
const AT_ONCE = 8;

export type Repository = RepositoryRef & { readonly installationId: number };

/** GitHub could not be asked, so that nobody knows what the viewer may see. */
export class RightsUnknown extends Error {
  readonly status = 503;
}

/** What somebody may see and do: what GitHub lets them do in each repository, and everything for operators. */
export interface Rights {
  /** Throws `RightsUnknown` when GitHub does not answer. */
  maySee(viewer: Viewer, repository: Repository): Promise<boolean>;
  mayAct(viewer: Viewer, repository: Repository): Promise<boolean>;
  /** The repositories somebody may see; null is all. Those that GitHub was not able to answer for are left out. */
  visible(viewer: Viewer): Promise<readonly number[] | null>;
}

const WRITING: readonly Role[] = ['admin', 'maintain', 'write'];

export function createRights(options: {
  readonly lists: Pick<TaskListStore, 'repositories'>;
  readonly github: (installationId: number) => Pick<GitHub, 'fetchRole'>;
  readonly clock: Clock;
}): Rights {
  const known = new Map<string, { readonly at: number; readonly role: Promise<Role | null> }>();

  async function ask(viewer: Viewer, repository: Repository): Promise<Role | null> {
    const answer = await options.github(repository.installationId).fetchRole(repository, viewer.actor);
    if (answer.ok) {
      return answer.value;
    }
    const { kind } = answer.problem;
    // The App is not there any more, or the repository is gone: nobody sees it.
    return kind === 'unavailable' || kind === 'limited' ? null : 'none';
  }

  function roleIn(viewer: Viewer, repository: Repository): Promise<Role | null> {
    const key = `${viewer.actor.id}/${repository.id}`;
    const now = options.clock.now().getTime();
    const found = known.get(key);
    if (found !== undefined && now - found.at < RIGHTS_MS && now >= found.at) {
      return found.role;
    }
    const role = ask(viewer, repository);
    known.delete(key);
    known.set(key, { at: now, role });
    role.then(
      (value) => value === null && known.delete(key),
      () => known.delete(key),
    );
    for (const oldest of known.size > REMEMBERED ? known.keys() : []) {
      known.delete(oldest);
      break;
    }
    return role;
  }

  async function surely(viewer: Viewer, repository: Repository): Promise<Role> {
    const role = await roleIn(viewer, repository);
    if (role === null) {
      throw new RightsUnknown(
        'GitHub does not answer, so that it is not known what you may see. Try again in a minute.',
      );
    }
    return role;
  }

  return {
    maySee: async (viewer, repository) => viewer.isOperator || (await surely(viewer, repository)) !== 'none',
    mayAct: async (viewer, repository) =>
      viewer.mayAct && (viewer.isOperator || WRITING.includes(await surely(viewer, repository))),
    visible: async (viewer) => {
      if (viewer.isOperator) {
        return null;
      }
      const rest = [...(await options.lists.repositories())];
      const seen: number[] = [];
      async function work(): Promise<void> {
        for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
          const role = await roleIn(viewer, next);
          if (role !== null && role !== 'none') {
            seen.push(next.id);
          }
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      return seen.toSorted((a, b) => a - b);
    },
  };
}
