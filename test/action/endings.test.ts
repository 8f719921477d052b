import { expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { withAction } from './action-harness.ts';

const openHarness = withAction();

test('a key that the provider refuses fails the job, with the cost and what to do', async () => {
  const harness = await openHarness();
  const { event } = await harness.say('/implement');
  const result = await harness.run(event, { inputs: { anthropic_api_key: 'sk-ant-worn-out-key-of-last-year' } });

  expect(result).toMatchObject({ exitCode: 1, outputs: { conclusion: 'failure', cost_usd: '0', pr_url: '' } });
  expect(result.summary).toContain('anthropic_api_key');
  expect(harness.answers()[0]?.body).toContain('anthropic_api_key');
});

test('a key that is refused in the middle fails the job with what it had cost by then', async () => {
  const harness = await openHarness({
    script: [{ toolUse: [{ name: 'bash', input: { command: 'echo one > one.txt' } }] }, { fault: 'unauthorized' }],
  });
  const { event } = await harness.say('/implement');
  const result = await harness.run(event);

  expect(result.exitCode).toBe(1);
  expect(Number(result.outputs['cost_usd'])).toBeGreaterThan(0);
  expect(result.summary).toMatch(/\*\*\$0\.\d+\*\* of \$5\.00/);
});

test('a cancelled job stops the worker, pushes nothing and reports it on the issue', async () => {
  const harness = await openHarness({ script: [{ fault: 'hang' }] });
  const running = await harness.start((await harness.say('/implement')).event);
  await harness.model.waitForCall(1);
  const askedAt = performance.now();
  running.signal('SIGTERM');
  const result = await running.done;

  // From its first signal to the last a runner waits no longer.
  expect(performance.now() - askedAt).toBeLessThan(10_000);
  expect(result).toMatchObject({ exitCode: 1, outputs: { conclusion: 'cancelled', pr_number: '' } });
  expect(harness.answers()[0]?.body).toMatch(/### ⏹️ Cancelled/);
  expect(result.summary).toContain('Cancelled');
  expect(harness.github.pulls(story.repository)).toEqual([]);
});

test('a question ends the job well, and stands on the issue', async () => {
  const harness = await openHarness({
    script: [
      {
        toolUse: [
          {
            name: 'finish',
            input: { status: 'not_enough_context', summary: 'Not sure yet.', questions: ['Which format do you want?'] },
          },
        ],
      },
    ],
  });
  const { event } = await harness.say('/implement');
  const result = await harness.run(event);

  expect(result).toMatchObject({ exitCode: 0, outputs: { conclusion: 'neutral', pr_number: '' } });
  expect(harness.answers()[0]?.body).toContain('Which format do you want?');
  expect(harness.answers()[0]?.body).not.toContain('/resume');
});

test('an empty budget ends the job with what there is, and with how to continue', async () => {
  const usage = { input: 60_000, output: 2_000 };
  const harness = await openHarness({
    script: [
      { toolUse: [{ name: 'bash', input: { command: 'echo one > one.txt' } }], usage },
      { toolUse: [{ name: 'bash', input: { command: 'echo two > two.txt' } }], usage },
      { toolUse: [{ name: 'bash', input: { command: 'echo three > three.txt' } }], usage },
      { toolUse: [{ name: 'bash', input: { command: 'echo four > four.txt' } }], usage },
      { text: 'Done.', usage },
    ],
  });
  const { event } = await harness.say('/implement');
  const result = await harness.run(event, { inputs: { budget_usd: '0.40' } });

  expect(result).toMatchObject({ exitCode: 1, outputs: { conclusion: 'failure', pr_number: '2' } });
  expect(Number(result.outputs['cost_usd'])).toBeLessThanOrEqual(0.4);
  expect(harness.answers()[0]?.body).toContain('/implement --budget');
  expect(harness.answers()[0]?.body).not.toContain('/budget +5');
});

test('a token without rights is reported with the permissions to grant', async () => {
  const harness = await openHarness();
  const { event } = await harness.say('/implement');
  const result = await harness.run(event, {
    token: harness.github.createWorkflowToken(story.repository, { issues: 'write' }),
  });

  expect(result).toMatchObject({ exitCode: 1, outputs: { conclusion: 'failure' } });
  expect(result.log).toMatch(/^::error title=[^:]*::.*permissions/m);
});
