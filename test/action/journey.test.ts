import { expect, test } from 'vitest';
import { demoScript } from '../../demo/demo-script.ts';
import { story } from '../../demo/story.ts';
import { withAction } from './action-harness.ts';

const openHarness = withAction();
const TITLE_COST = /\$0\.0\d of \$5\.00/;

test('a comment becomes a draft pull request, with outputs, a summary and one comment that show the cost', async () => {
  const harness = await openHarness({ script: demoScript });
  const { comment, event } = await harness.say('/implement');
  const result = await harness.run(event);

  const [pull] = harness.github.pulls(story.repository);
  expect(result.exitCode).toBe(0);
  expect(result.outputs).toEqual({
    conclusion: 'success',
    task_id: expect.stringMatching(/^[0-9A-Z]{26}$/),
    branch_name: pull?.pull?.head.ref,
    pr_number: String(pull?.number),
    pr_url: `${harness.github.url}/${story.repository}/pull/${pull?.number ?? 0}`,
    cost_usd: expect.stringMatching(/^0\.0\d+$/),
  });
  expect(pull?.pull?.draft).toBe(true);
  expect(result.summary).toMatch(TITLE_COST);
  expect(result.summary).toContain(result.outputs['pr_url']);
  expect(comment.reactions.map(({ content }) => content)).toEqual(['eyes']);
  expect(harness.answers()).toHaveLength(1);
  expect(harness.answers()[0]?.body).toContain(`#${pull?.number ?? 0}`);
  const [check] = harness.github.checkRuns(story.repository);
  expect(check).toMatchObject({ name: 'Bosun', status: 'completed', conclusion: 'success' });
  expect(check?.output.title).toMatch(TITLE_COST);
  // Clicks on buttons never reach a workflow.
  expect(harness.github.requests.filter(({ path }) => path.includes('/check-runs'))).not.toHaveLength(0);
  expect(harness.github.violations).toEqual([]);
});

test('the output of the agent stands in the log inside a fence that no text can close', async () => {
  const harness = await openHarness({
    script: [
      {
        text: '::add-mask::maintainers\n::error::out\u001b]0;title\u0007',
        toolUse: [{ name: 'bash', input: { command: 'echo "::warning::from a program"' } }],
      },
      { text: '::set-output name=pr_number::99\nNothing to do.' },
    ],
  });
  const { event } = await harness.say('/implement');
  const result = await harness.run(event);

  const lines = result.log.split('\n');
  const fence = /^::stop-commands::(.+)$/.exec(lines.find((line) => line.startsWith('::stop-commands::')) ?? '')?.[1];
  expect(fence).toMatch(/^[0-9a-f-]{36}$/);
  const open = lines.indexOf(`::stop-commands::${fence ?? ''}`);
  const close = lines.lastIndexOf(`::${fence ?? ''}::`);
  const outside = [...lines.slice(0, open), ...lines.slice(close + 1)].filter((line) => line.startsWith('::'));
  expect(outside.every((line) => /^::(add-mask|warning title=Bosun|error title=Bosun)/.test(line))).toBe(true);
  expect(result.log).not.toContain('\u001b');
  expect(result.outputs['pr_number']).toBe('');
});

test('the label starts the same journey', async () => {
  const harness = await openHarness();
  const result = await harness.run(await harness.label('bosun'));

  // Its tests fail, as they did before the change.
  expect(result.outputs).toMatchObject({ conclusion: 'success', pr_number: '2' });
  expect(result.exitCode).toBe(0);
});

test('a label of one’s own starts it too, and another label does not', async () => {
  const harness = await openHarness({ script: [{ text: 'Nothing to do.' }] });
  const other = await harness.run(await harness.label('help wanted'), { inputs: { label_trigger: 'robot' } });
  expect(other.outputs['conclusion']).toBe('skipped');
  const own = await harness.run(await harness.label('robot'), { inputs: { label_trigger: 'robot' } });
  expect(own.outputs['task_id']).not.toBe('');
});

test('a trigger phrase of one’s own changes the prefix of every command', async () => {
  const harness = await openHarness({ script: [{ text: 'Nothing to do.' }] });
  const inputs = { trigger_phrase: '@bosun implement' };
  const slash = await harness.say('/implement');
  expect((await harness.run(slash.event, { inputs })).outputs['conclusion']).toBe('skipped');
  const help = await harness.say('@bosun help');
  expect((await harness.run(help.event, { inputs })).outputs['conclusion']).toBe('neutral');
  expect(harness.answers().at(-1)?.body).toContain('@bosun implement');
  const named = await harness.say('@bosun implement');
  expect((await harness.run(named.event, { inputs })).outputs['task_id']).not.toBe('');
});

test('runs without a sandbox where the step asks for it, and explains on its page what that means', async () => {
  const harness = await openHarness();
  const { event } = await harness.say('/implement');
  const result = await harness.run(event, { env: { BOSUN_COMPUTE: 'process' } });

  expect(result.log).toMatch(/^::warning title=Bosun::The worker runs without a sandbox/m);
  expect(result.outputs['pr_number']).toBe('2');
});

test('the keys are in no line of the log, no comment, no summary and no request of the worker', async () => {
  const harness = await openHarness();
  const token = harness.github.createWorkflowToken(story.repository);
  const { event } = await harness.say('/implement');
  const result = await harness.run(event, { token });

  const log = result.log.replaceAll(/^::add-mask::.*$/gm, '');
  const said = [log, result.summary, ...harness.answers().map(({ body }) => body)].join('\n');
  const asked = JSON.stringify(harness.model.calls.map(({ request }) => request));
  for (const secret of [token, harness.model.key]) {
    expect(said).not.toContain(secret);
    expect(asked).not.toContain(secret);
  }
});
