import { expect } from 'vitest';
import type { Task } from '../../app/task/task.ts';
import { story } from '../../demo/story.ts';
import type { Deployment } from './deployment.ts';

/** One branch, pull request, status comment and completed check run for each task, and none beside; the file in each. */
export async function expectOneOfEach(
  { github }: Pick<Deployment, 'github'>,
  given: { tasks: readonly Task[]; file: { path: string; text: string } },
): Promise<void> {
  const { tasks, file } = given;
  const { repository } = story;
  await github.waitForRequest(
    () => github.checkRuns(repository).filter((check) => check.status === 'completed').length >= tasks.length,
  );
  const own = (task: Task): string[] =>
    github
      .comments({ repository, number: task.thread.number })
      .map(({ body }) => body)
      .filter((body) => body.startsWith(`<!-- bosun:${task.id}:`));
  await github.waitForRequest(() =>
    tasks.every((task) => own(task).some((body) => body.includes('Draft pull request #'))),
  );
  expect(tasks.map((task) => own(task).length)).toEqual(tasks.map(() => 1));
  expect(github.pulls(repository)).toHaveLength(tasks.length);
  expect(github.checkRuns(repository)).toHaveLength(tasks.length);
  const { stdout } = await github.git(repository, ['for-each-ref', '--format=%(refname)', 'refs/heads/bosun']);
  const branches = stdout.toString().trim().split('\n');
  expect(branches.toSorted()).toEqual(tasks.map((task) => `refs/heads/${task.branch}`).toSorted());
  for (const task of tasks) {
    expect(await github.readFile(repository, { path: file.path, ref: task.branch })).toBe(file.text);
  }
}
