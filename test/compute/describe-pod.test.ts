import type { V1Pod } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { describePod, phaseOf } from '../../app/compute/kubernetes/describe-pod.ts';
import { LIMITS } from './request-for.ts';

function worker(state: object): V1Pod['status'] {
  return { containerStatuses: [{ name: 'worker', image: 'i', imageID: '', ready: false, restartCount: 0, state }] };
}

const NOT_STOPPED = { stopped: false, limits: LIMITS, output: 'words\n' };

test.each<[string, V1Pod, object]>([
  ['no status at all', {}, { kind: 'waiting', why: null }],
  [
    'no room on the nodes',
    { status: { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }] } },
    { kind: 'waiting', why: '0/3 nodes are available' },
  ],
  [
    'an image that is being pulled',
    { status: worker({ waiting: { reason: 'ContainerCreating' } }) ?? {} },
    { kind: 'waiting', why: 'ContainerCreating' },
  ],
  [
    'a registry that failed once, which may pass',
    { status: worker({ waiting: { reason: 'ErrImagePull', message: 'timeout' } }) ?? {} },
    { kind: 'waiting', why: 'timeout' },
  ],
  [
    'an image that cannot be pulled',
    { status: worker({ waiting: { reason: 'ImagePullBackOff' } }) ?? {} },
    { kind: 'stuck', why: 'i: ImagePullBackOff', image: true },
  ],
  [
    'an image that needs root',
    { status: worker({ waiting: { reason: 'CreateContainerConfigError', message: 'runs as root' } }) ?? {} },
    { kind: 'stuck', why: 'i: runs as root', image: false },
  ],
  ['a worker that runs', { status: worker({ running: {} }) ?? {} }, { kind: 'running' }],
  ['a pod that failed', { status: { phase: 'Failed' } }, { kind: 'over', neverRan: null }],
])('%s', (_, pod, phase) => {
  expect(phaseOf(pod)).toEqual(phase);
});

test.each<[string, V1Pod | null, object]>([
  [
    'the kernel was short of memory',
    { status: worker({ terminated: { exitCode: 137, reason: 'OOMKilled' } }) ?? {} },
    { exitCode: null, signal: 'SIGKILL', outOfMemory: true, outputTail: expect.stringContaining('bytes of memory') },
  ],
  [
    'killed, and nobody says why',
    { status: worker({ terminated: { exitCode: 137, reason: 'Error' } }) ?? {} },
    { signal: 'SIGKILL', outOfMemory: true },
  ],
  [
    'killed because the node was drained',
    {
      metadata: { deletionTimestamp: new Date() },
      status: worker({ terminated: { exitCode: 137, reason: 'Error' } }) ?? {},
    },
    { signal: 'SIGKILL', outOfMemory: false },
  ],
  [
    'evicted for what it wrote',
    {
      status: {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'Pod ephemeral local storage usage exceeds the total limit',
      },
    },
    { exitCode: null, signal: null, outOfMemory: false, outputTail: expect.stringContaining('Evicted: Pod ephemeral') },
  ],
  [
    'its node is gone',
    { metadata: {}, status: { phase: 'Failed', reason: 'NodeLost' } },
    { exitCode: null, outOfMemory: false, outputTail: expect.stringContaining('NodeLost') },
  ],
  ['removed before its end was seen', null, { exitCode: null, signal: null, outOfMemory: false }],
  [
    'the runtime could not start it',
    { status: worker({ terminated: { exitCode: 128, reason: 'StartError', message: 'exec: not found' } }) ?? {} },
    { exitCode: 128, outputTail: '[the container did not start: exec: not found]\nwords\n' },
  ],
])('a pod of which is known: %s', (_, pod, facts) => {
  expect(describePod(pod, NOT_STOPPED)).toMatchObject({ kind: 'exited', ...facts });
});

test('a worker that was asked to stop and killed was not short of memory', () => {
  const pod: V1Pod = { status: worker({ terminated: { exitCode: 137, reason: 'Error' } }) ?? {} };
  expect(describePod(pod, { ...NOT_STOPPED, stopped: true })).toMatchObject({ signal: 'SIGKILL', outOfMemory: false });
});
