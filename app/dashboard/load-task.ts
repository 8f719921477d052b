import type { ArtifactName } from '../store/artifacts.ts';
import type { Task } from '../task/task.ts';
import { takeEnd } from '../../protocol/index.ts';
import { lines } from './pages/html.ts';
import type { LogTail, TaskPageFacts } from './pages/task-page.ts';
import type { DashboardParts } from './parts.ts';
import type { Viewer } from './sign-in/viewer.ts';

const LOGS = ['agent', 'setup', 'verify', 'worker'] as const;
const TAIL_CHARACTERS = 120_000;
const ID = /^[0-9A-Za-z]{10,40}$/;

/** The task, if the viewer may see it. */
export async function findVisible(id: string, viewer: Viewer, parts: DashboardParts): Promise<Task | null> {
  const task = ID.test(id) ? await parts.stores.tasks.find(id.toUpperCase()) : null;
  const isVisible =
    task !== null && (await parts.rights.maySee(viewer, { ...task.repository, installationId: task.installationId }));
  return isVisible ? task : null;
}

/** All that the page of a task shows. */
export async function loadTask(task: Task, viewer: Viewer, parts: DashboardParts): Promise<TaskPageFacts> {
  const { artifacts, clock, config, rights, stores } = parts;
  const [attempts, events, totals, position, checks, keys, mayAct] = await Promise.all([
    stores.lists.attempts(task.id),
    stores.tasks.events(task.id),
    stores.attempts.totals(task.id),
    task.wait?.reason === 'slot' ? stores.tasks.position(task.id) : null,
    task.epoch === 0 ? [] : stores.checks.list({ taskId: task.id, epoch: task.epoch }),
    artifacts.list(`${task.id}/`).catch(() => []),
    rights.mayAct(viewer, { ...task.repository, installationId: task.installationId }),
  ]);
  const files = keys.map((key) => key.slice(task.id.length + 1));
  return {
    now: clock.now(),
    task,
    attempts,
    events,
    totals,
    position,
    checks,
    files,
    logs: await readTails(task, parts),
    mayAct,
    serverUrl: config.github.serverUrl,
  };
}

/** The ends of the logs of the last attempt that there are; while it runs, an empty one of the agent where there is none yet. */
async function readTails(task: Task, parts: DashboardParts): Promise<readonly LogTail[]> {
  const found = await Promise.all(
    LOGS.map(async (name): Promise<LogTail | null> => {
      const bytes = await readLog(task, name, parts);
      return bytes === null
        ? null
        : { name, text: shownLog(takeEnd(bytes.toString('utf8'), TAIL_CHARACTERS)), end: bytes.length };
    }),
  );
  const tails = found.filter((tail) => tail !== null);
  return tails.length === 0 && task.finishedAt === null ? [{ name: 'agent', text: '', end: 0 }] : tails;
}

export async function readLog(
  task: Pick<Task, 'id' | 'epoch'>,
  name: string,
  { artifacts }: Pick<DashboardParts, 'artifacts'>,
): Promise<Buffer | null> {
  const file = `${name}.log` as ArtifactName;
  const bytes = task.epoch === 0 ? null : await artifacts.get(`${task.id}/${task.epoch}/${file}`).catch(() => null);
  return bytes === null ? null : Buffer.from(bytes);
}

export function shownLog(text: string): string {
  return lines(text, Number.MAX_SAFE_INTEGER);
}
