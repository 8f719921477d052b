import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { codex } from '../../../worker/agent/program/codex.ts';
import { packConversation, unpackConversation } from '../../../worker/agent/conversation/archive.ts';
import { findEarlierConversation } from '../../../worker/agent/conversation/earlier-conversation.ts';

const FILES = [{ name: '2026/11/30/rollout-a.jsonl', bytes: Buffer.from('{"é":1}\n') }];

test('a conversation is the same after it was kept', async () => {
  const conversation = { agent: 'codex' as const, id: 'a-1', files: FILES };
  expect(await unpackConversation(await packConversation(conversation))).toEqual(conversation);
});

test.each([
  ['no archive', Buffer.from('no')],
  ['no document', gzipSync('no')],
  ['an unknown agent', archive({ agent: 'somebody' })],
  ['an option in the place of an id', archive({ id: '--dangerous flag' })],
  ['a file outside of its directory', archive({ files: [{ name: '../.bashrc', base64: '' }] })],
  ['a file in another place', archive({ files: [{ name: '/etc/passwd', base64: '' }] })],
  ['a file that climbs out on its way', archive({ files: [{ name: 'a/../../b', base64: '' }] })],
])('%s is nothing to continue', async (_, bytes) => {
  expect(await unpackConversation(bytes)).toBeNull();
});

function archive(changes: object): Buffer {
  return gzipSync(JSON.stringify({ version: 1, agent: 'codex', id: 'a', files: [], ...changes }));
}

test.each([
  ['nothing earlier exists', undefined, null, null],
  ['the attempt before left nothing', 'none', null, 'the earlier attempt left none'],
  ['the door lost it', 'kept', null, 'the earlier attempt left none'],
  ['it is damaged', 'kept', Buffer.from('x'), 'what the earlier attempt left could not be read'],
  ['it is of another agent', 'kept', archive({ agent: 'claude-code' }), 'the earlier attempt used Claude Code'],
] as const)('why no conversation is continued when %s', async (_, conversation, bytes, missing) => {
  const found = await findEarlierConversation(codex, {
    conversations: { read: async () => bytes, keep: () => undefined },
    job: { ...JOB, ...(conversation === undefined ? {} : { conversation }) },
  });
  expect(found).toEqual({ conversation: null, missing });
});

const JOB = {
  version: 1 as const,
  taskId: 'T',
  epoch: 2,
  door: { url: 'http://door', token: 't'.repeat(32) },
  git: { startBranch: 'main', startSha: 'a'.repeat(40), workBranch: 'w', authorName: 'B', authorEmail: 'b@c' },
  workDir: '/work',
  agent: { kind: 'codex' as const },
  model: 'm',
  maxTurns: 2,
  prompt: { system: '', user: '' },
  timeoutMs: 1_000,
  heartbeatMs: 1_000,
};
