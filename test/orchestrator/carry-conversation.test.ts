import { expect, test } from 'vitest';
import { carryConversation } from '../../app/orchestrator/carry-conversation.ts';
import { createMemoryArtifacts } from '../../app/store/artifacts/memory-artifacts.ts';
import type { Artifacts } from '../../app/store/artifacts.ts';
import type { Task } from '../../app/task/task.ts';

const EARLIER = { id: 'earlier', epoch: 2, retryOf: null, settings: { agent: { kind: 'codex' } } } as unknown as Task;
const TASK = { id: 'task', epoch: 3, retryOf: 'earlier', settings: { agent: { kind: 'codex' } } } as unknown as Task;

async function carry(
  kept: Readonly<Record<string, string>>,
  given: { task?: Partial<Task>; continues?: boolean; usesRetried?: boolean } = {},
): Promise<{ carried: unknown; own: string | null; artifacts: Artifacts }> {
  const artifacts = createMemoryArtifacts();
  for (const [at, text] of Object.entries(kept)) {
    await artifacts.put(`${at}/conversation.bin`, Buffer.from(text));
  }
  const find = async (id: string): Promise<Task | null> => (id === EARLIER.id ? EARLIER : null);
  const carried = await carryConversation(
    { ...TASK, ...given.task },
    { artifacts, stores: { tasks: { find } } as never },
    { continues: given.continues ?? true, usesRetried: given.usesRetried ?? true },
  );
  const own = await artifacts.get('task/3/conversation.bin');
  return { carried, artifacts, own: own === null ? null : Buffer.from(own).toString() };
}

const OTHER_AGENT = { settings: { agent: { kind: 'builtin' } } } as unknown as Partial<Task>;

test.each([
  ['the attempt before', { 'task/2': 'b', 'task/1': 'a', 'earlier/2': 'z' }, {}, { taskId: 'task', epoch: 2 }, 'b'],
  ['one before that, where the last kept nothing', { 'task/1': 'a' }, {}, { taskId: 'task', epoch: 1 }, 'a'],
  ['the task that this one retries', { 'earlier/2': 'z', 'earlier/1': 'y' }, {}, { taskId: 'earlier', epoch: 2 }, 'z'],
])('carries what %s kept', async (_, kept, given, from, own) => {
  expect(await carry(kept, given)).toMatchObject({ carried: { conversation: 'kept', from }, own });
});

test.each([
  ['nothing was kept', {}, {}, 'none'],
  ['nothing is continued', {}, { continues: false }, undefined],
  ['the work of the retried task cannot be used', { 'earlier/2': 'z' }, { usesRetried: false }, 'none'],
  ['the agent has no conversation of its own', { 'task/2': 'b' }, { task: OTHER_AGENT }, undefined],
])('carries nothing when %s', async (_, kept, given, conversation) => {
  expect(await carry(kept, given)).toMatchObject({ carried: { conversation, from: null }, own: null });
});

test('leaves what a worker has kept in this attempt already', async () => {
  expect(await carry({ 'task/2': 'b', 'task/3': 'newer' })).toMatchObject({ own: 'newer' });
});
