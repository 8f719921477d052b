import { expect, test } from 'vitest';
import { withSqs } from '../support/sqs.ts';
import { withScenes } from './open-scenario.ts';

const sqs = withSqs();
const openScene = withScenes();

test.each([false, true])(
  'an order becomes a pull request, with its hints over SQS (FIFO: %s)',
  async (fifo) => {
    const { place } = await sqs.create({ fifo });
    const scene = await openScene({
      settings: { SQS_QUEUE_URL: place.queueUrl, AWS_ENDPOINT_URL_SQS: place.endpointUrl },
    });
    await scene.say('/implement');
    const task = await scene.task((row) => row.state === 'COMPLETED');
    expect(task.publication.pullUrl).toContain('/pull/');
    expect(await scene.answer(/\/pull\/\d+|#\d+/)).toContain('$');
  },
  120_000,
);

test('/cancel reaches the process that runs the task', async () => {
  const { place } = await sqs.create();
  const scene = await openScene({
    script: [{ fault: 'hang' }],
    settings: { SQS_QUEUE_URL: place.queueUrl, AWS_ENDPOINT_URL_SQS: place.endpointUrl },
  });
  await scene.say('/implement');
  await scene.model.waitForCall(1);
  await scene.say('/cancel');
  const task = await scene.task((row) => row.state === 'CANCELLED');
  expect(task.epoch).toBe(1);
}, 120_000);
