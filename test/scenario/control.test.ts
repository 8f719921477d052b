import { expect, test } from 'vitest';
import type { ModelReply, ModelRequest, Turn, TurnContext } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import { withScenarios } from './open-scenario.ts';

const openScenario = withScenarios();

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
  const scenario = await openScenario({ script: [{ fault: 'hang' }], settings: { BOSUN_CONCURRENCY: '1' } });
  const [running, waiting] = [scenario.openIssue(), scenario.openIssue()];
  await running.commentRouted('/implement');
  await scenario.model.waitForCall(1);
  await waiting.commentRouted('/implement');
  expect(await waiting.commentRouted('/cancel')).toMatch(/^cancelled: task /);
  expect(await waiting.waitForTask(() => true)).toMatchObject({ state: 'CANCELLED', epoch: 0 });
  await waiting.waitForReply(/[Cc]ancelled/);
  expect(await waiting.commentRouted('/cancel')).toMatch(/^refused/);
  await waiting.waitForReply(/nothing to cancel/);
  expect(await running.waitForTask(() => true)).toMatchObject({ state: 'RUNNING' });
});

test('/pause publishes the work so far as a draft, and /resume continues from it on the same branch', async () => {
  const scenario = await openScenario({ script: inTwoParts({ fault: 'hang' }) });
  await scenario.comment('/implement');
  await scenario.model.waitForCall(2);
  await scenario.comment('/pause');
  const paused = await scenario.waitForTask((row) => row.wait?.reason === 'paused');
  const at = { path: 'first.txt', ref: paused.branch };
  expect(await scenario.github.readFile(story.repository, at)).toBe('first.txt\n');
  expect(await scenario.waitForReply(/Paused/)).toContain('/resume');

  await scenario.comment('/resume');
  const done = await scenario.waitForTask((row) => row.state === 'COMPLETED');
  expect(done).toMatchObject({ id: paused.id, branch: paused.branch, epoch: 2 });
  expect(await scenario.github.readFile(story.repository, at)).toBe('first.txt\n');
  expect(await scenario.github.readFile(story.repository, { ...at, path: 'second.txt' })).toBe('second.txt\n');
  expect(scenario.github.pulls(story.repository)).toHaveLength(1);
});

test.each([
  ['/retry', 'goes on from the work that was kept', 'first.txt\n'],
  ['/retry --from-scratch', 'begins anew', undefined],
])('%s after a failure %s', async (command, _does, kept) => {
  const scenario = await openScenario({ script: inTwoParts({ text: 'No.', stopReason: 'refusal' }, 3) });
  await scenario.comment('/implement');
  const failed = await scenario.waitForTask((row) => row.state === 'FAILED');
  expect(failed.failure?.code).toBe('MODEL_DECLINED');
  expect(await scenario.waitForReply(/model declined to continue/)).toContain('/retry');

  await scenario.comment(command);
  const done = await scenario.waitForTask((row) => row.state === 'COMPLETED');
  expect(done.id).not.toBe(failed.id);
  const read = (path: string) => scenario.github.readFile(story.repository, { path, ref: done.branch });
  expect([await read('first.txt'), await read('second.txt')]).toEqual([kept, 'second.txt\n']);
});

test('/retry of a task whose branch only lacks its pull request opens that without running the agent', async () => {
  const scenario = await openScenario({
    script: [write('only.txt'), finish({ status: 'done', summary: 'Wrote it.' })],
  });
  scenario.github.faults.add({ method: 'POST', path: /\/pulls$/, status: 422 });
  await scenario.comment('/implement');
  const failed = await scenario.waitForTask((row) => row.state === 'FAILED');
  expect(failed).toMatchObject({ failure: { code: 'PULL_REQUEST_REJECTED' }, publication: { pullNumber: null } });
  const callsBefore = scenario.model.calls.length;

  await scenario.comment('/retry');
  const done = await scenario.waitForTask((row) => row.state === 'COMPLETED');
  expect(done).toMatchObject({
    retryOf: failed.id,
    branch: failed.branch,
    publication: { headSha: failed.publication.headSha },
    spentNano: 0,
  });
  expect(scenario.github.pulls(story.repository)).toHaveLength(1);
  expect(scenario.model.calls.length).toBe(callsBefore);
});

test('a question pauses the task, and a plain answer lets it continue to its end', async () => {
  const question = 'Should negative durations keep their sign?';
  const scenario = await openScenario({
    script: (request, { turn }) => {
      if (!promptOf(request).includes('keep the sign')) {
        return finish({ status: 'not_enough_context', summary: 'One thing is open.', questions: [question] });
      }
      return turn === 0 ? write('answered.txt') : finish({ status: 'done', summary: 'As you said.' });
    },
  });
  await scenario.comment('/implement');
  await scenario.waitForTask((row) => row.wait?.reason === 'human');
  const asked = await scenario.waitForReply(/1 question/);
  expect(asked).toContain(question);
  expect(asked).toContain('/resume');

  expect(await scenario.commentRouted('Yes, keep the sign.')).toMatch(/^answered task/);
  const done = await scenario.waitForTask((row) => row.state === 'COMPLETED');
  const at = { path: 'answered.txt', ref: done.branch };
  expect(await scenario.github.readFile(story.repository, at)).toBe('answered.txt\n');
});

test('/status shows what this thread and the repository are doing', async () => {
  const scenario = await openScenario({ script: [{ fault: 'hang' }], settings: { BOSUN_CONCURRENCY: '1' } });
  const [running, waiting] = [scenario.openIssue(), scenario.openIssue()];
  await running.commentRouted('/implement');
  await scenario.model.waitForCall(1);
  await waiting.commentRouted('/implement');
  await waiting.commentRouted('/status');
  const status = await waiting.waitForReply(/Other tasks of this repository/);
  expect(status).toMatch(/\*\*waiting for a free slot\*\*.*Position 1 of 1/);
  expect(status).toContain(`#${running.thread.number}`);
  await running.commentRouted('/budget');
  expect(await running.waitForReply(/\| Budget \|/)).toMatch(/Task `\w+`: \$0\.00 of \$5\.00 spent/);
});
