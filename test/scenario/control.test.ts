import { expect, test } from 'vitest';
import type { ModelReply, ModelRequest, Turn, TurnContext } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import { withScenes } from './open-scenario.ts';

const openScene = withScenes();

function write(file: string): ModelReply {
  return { toolUse: [{ name: 'bash', input: { command: `echo "${file}" > ${file}` } }] };
}

function finish(input: Record<string, unknown>): ModelReply {
  return { toolUse: [{ name: 'finish', input }] };
}

/** Writes `first.txt`, then meets `trouble`; a later attempt writes `second.txt` and is done. */
function inTwoParts(trouble: Turn, times = 1): (request: ModelRequest, context: TurnContext) => Turn {
  let isLater = false;
  let troubles = 0;
  return (_request, { turn }) => {
    if (!isLater) {
      troubles += turn === 1 ? 1 : 0;
      isLater = troubles >= times;
      return turn === 0 ? write('first.txt') : trouble;
    }
    return turn === 0 ? write('second.txt') : finish({ status: 'done', summary: 'Both parts are there.' });
  };
}

function promptOf(request: ModelRequest | undefined): string {
  return JSON.stringify(request?.messages[0] ?? null);
}

test('/cancel ends a task that waits, and one that has ended is not cancelled again', async () => {
  const scene = await openScene({ script: [{ fault: 'hang' }], settings: { BOSUN_CONCURRENCY: '1' } });
  const [running, waiting] = [scene.openIssue(), scene.openIssue()];
  await running.tell('/implement');
  await scene.model.waitForCall(1);
  await waiting.tell('/implement');
  expect(await waiting.tell('/cancel')).toMatch(/^cancel ended/);
  expect(await waiting.task(() => true)).toMatchObject({ state: 'CANCELLED', epoch: 0 });
  await waiting.answer(/[Cc]ancelled/);
  expect(await waiting.tell('/cancel')).toMatch(/^refused/);
  await waiting.answer(/nothing to cancel/);
  expect(await running.task(() => true)).toMatchObject({ state: 'RUNNING' });
});

test('/pause publishes the work so far as a draft, and /resume goes on from it on the same branch', async () => {
  const scene = await openScene({ script: inTwoParts({ fault: 'hang' }) });
  await scene.say('/implement');
  await scene.model.waitForCall(2);
  await scene.say('/pause');
  const paused = await scene.task((row) => row.wait?.reason === 'paused');
  const at = { path: 'first.txt', ref: paused.branch };
  expect(await scene.github.readFile(story.repository, at)).toBe('first.txt\n');
  expect(await scene.answer(/Paused/)).toContain('/resume');

  await scene.say('/resume');
  const done = await scene.task((row) => row.state === 'COMPLETED');
  expect(done).toMatchObject({ id: paused.id, branch: paused.branch, epoch: 2 });
  expect(await scene.github.readFile(story.repository, at)).toBe('first.txt\n');
  expect(await scene.github.readFile(story.repository, { ...at, path: 'second.txt' })).toBe('second.txt\n');
  expect(scene.github.pulls(story.repository)).toHaveLength(1);
});

test.each([
  ['/retry', 'goes on from the work that was kept', 'first.txt\n'],
  ['/retry --from-scratch', 'begins anew', undefined],
])('%s after a failure %s', async (command, _does, kept) => {
  const scene = await openScene({ script: inTwoParts({ text: 'No.', stopReason: 'refusal' }, 3) });
  await scene.say('/implement');
  const failed = await scene.task((row) => row.state === 'FAILED');
  expect(failed.failure?.code).toBe('MODEL_DECLINED');
  expect(await scene.answer(/model declined to continue/)).toContain('/retry');

  await scene.say(command);
  const done = await scene.task((row) => row.state === 'COMPLETED');
  expect(done.id).not.toBe(failed.id);
  const read = (path: string) => scene.github.readFile(story.repository, { path, ref: done.branch });
  expect([await read('first.txt'), await read('second.txt')]).toEqual([kept, 'second.txt\n']);
});

test('/retry of a task whose branch only lacks its pull request opens that without running the agent', async () => {
  const scene = await openScene({ script: [write('only.txt'), finish({ status: 'done', summary: 'Wrote it.' })] });
  scene.github.faults.add({ method: 'POST', path: /\/pulls$/, status: 422 });
  await scene.say('/implement');
  const failed = await scene.task((row) => row.state === 'FAILED');
  expect(failed).toMatchObject({ failure: { code: 'PULL_REQUEST_REJECTED' }, publication: { pullNumber: null } });
  const callsBefore = scene.model.calls.length;

  await scene.say('/retry');
  const done = await scene.task((row) => row.state === 'COMPLETED');
  expect(done).toMatchObject({
    retryOf: failed.id,
    branch: failed.branch,
    publication: { headSha: failed.publication.headSha },
    spentNano: 0,
  });
  expect(scene.github.pulls(story.repository)).toHaveLength(1);
  expect(scene.model.calls.length).toBe(callsBefore);
});

test('a question pauses the task, and a plain answer lets it go on to its end', async () => {
  const question = 'Should negative durations keep their sign?';
  const scene = await openScene({
    script: (request, { turn }) => {
      if (!promptOf(request).includes('keep the sign')) {
        return finish({ status: 'not_enough_context', summary: 'One thing is open.', questions: [question] });
      }
      return turn === 0 ? write('answered.txt') : finish({ status: 'done', summary: 'As you said.' });
    },
  });
  await scene.say('/implement');
  await scene.task((row) => row.wait?.reason === 'human');
  const asked = await scene.answer(/1 question/);
  expect(asked).toContain(question);
  expect(asked).toContain('/resume');

  expect(await scene.tell('Yes, keep the sign.')).toMatch(/^answered task/);
  const done = await scene.task((row) => row.state === 'COMPLETED');
  const at = { path: 'answered.txt', ref: done.branch };
  expect(await scene.github.readFile(story.repository, at)).toBe('answered.txt\n');
});

test('/status tells what this thread and the repository are doing', async () => {
  const scene = await openScene({ script: [{ fault: 'hang' }], settings: { BOSUN_CONCURRENCY: '1' } });
  const [running, waiting] = [scene.openIssue(), scene.openIssue()];
  await running.tell('/implement');
  await scene.model.waitForCall(1);
  await waiting.tell('/implement');
  await waiting.tell('/status');
  const status = await waiting.answer(/Other tasks of this repository/);
  expect(status).toMatch(/\*\*waiting for a free slot\*\*.*Position 1 of 1/);
  expect(status).toContain(`#${running.thread.number}`);
  await running.tell('/budget');
  expect(await running.answer(/\| Budget \|/)).toMatch(/Task `\w+`: \$0\.00 of \$5\.00 spent/);
});
