import { expect, test } from 'vitest';
import { withSqs } from '../support/sqs.ts';
import { withScenarios } from './open-scenario.ts';

const sqs = withSqs();
const openScenario = withScenarios();

test.each([false, true])(
  'an order becomes a pull request, with its hints over SQS (FIFO: %s)',
  async (fifo) => {
    const { place } = await sqs.create({ fifo });
    const scenario = await openScenario({
      settings: { SQS_QUEUE_URL: place.queueUrl, AWS_ENDPOINT_URL_SQS: place.endpointUrl },
    });
    await scenario.comment('/implement');
    const task = await scenario.waitForTask((row) => row.state === 'COMPLETED');
    expect(task.publication.pullUrl).toContain('/pull/');
    expect(await scenario.waitForReply(/\/pull\/\d+|#\d+/)).toContain('$');
  },
  120_000,
);

test('/cancel reaches the process that runs the task', async () => {
  const { place } = await sqs.create();
  const scenario = await openScenario({
    script: [{ fault: 'hang' }],
    settings: { SQS_QUEUE_URL: place.queueUrl, AWS_ENDPOINT_URL_SQS: place.endpointUrl },
  });
  await scenario.comment('/implement');
  await scenario.model.waitForCall(1);
  await scenario.comment('/cancel');
  const task = await scenario.waitForTask((row) => row.state === 'CANCELLED');
  expect(task.epoch).toBe(1);
}, 120_000);
