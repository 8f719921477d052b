import { createHmac } from 'node:crypto';
import type { Defence } from './defence.ts';

const SECRET = 'webhook-secret-of-this-suite';

/** Who may order, release, read and deliver, and where a push may go. */
export const PEOPLE_DEFENCES: readonly Defence[] = [
  {
    name: 'signatures',
    claim: 'A delivery with a wrong signature is refused',
    file: 'app/intake/verify-signature.ts',
    off: {
      from: "return verifyWithFallback(current, body.toString('utf8'), header, former);",
      to: 'return header.length > 0;',
    },
    attack: async () => {
      const { verifySignature } = await import('../../../app/intake/verify-signature.ts');
      return verifySignature(Buffer.from('{}'), `sha256=${'0'.repeat(64)}`, [SECRET]);
    },
  },
  {
    name: 'no weak signatures',
    claim: 'A signature by SHA-1 does not count',
    file: 'app/intake/verify-signature.ts',
    off: { from: '/^sha256=[0-9a-f]{64}$/i.test(header)', to: 'header.length > 0' },
    attack: async () => {
      const { isSignature } = await import('../../../app/intake/verify-signature.ts');
      return isSignature(`sha1=${createHmac('sha1', SECRET).update('{}').digest('hex')}`);
    },
  },
  {
    name: 'event names',
    claim: 'A signed body under another event name is refused',
    file: 'app/intake/check-event.ts',
    off: { from: '!shape.forbids.some((key) => keys.has(key))', to: 'true' },
    attack: async () => {
      const { eventFitsBody } = await import('../../../app/intake/check-event.ts');
      return eventFitsBody('issues', new Set(['action', 'issue', 'repository', 'sender', 'comment']));
    },
  },
  {
    name: 'depth of bodies',
    claim: 'A body that nests deeply is not parsed',
    file: 'app/intake/receive-webhook.ts',
    off: {
      from: 'const scan = scanJson(body.bytes, { maxDepth: MAX_DEPTH });',
      to: 'const scan = scanJson(body.bytes, { maxDepth: 1e9 });',
    },
    attack: async () =>
      (await deliver(`{"a":${'['.repeat(200)}${']'.repeat(200)},"zen":1}`, { event: 'ping' })) === 202,
  },
  {
    name: 'roles',
    claim: 'A person without write access gives no orders',
    file: 'app/github/may-write.ts',
    off: { from: 'WRITING_ROLES.includes(role.value)', to: "role.value !== 'none'" },
    attack: async () => {
      const { fetchWritePermission } = await import('../../../app/github/may-write.ts');
      const github = { fetchRole: async () => ({ ok: true as const, value: 'triage' as const }) };
      const request = { repository: { id: 1, owner: 'a', name: 'b' }, user: { id: 2, login: 'eve' }, allowedBots: [] };
      const permission = await fetchWritePermission(request, github);
      return permission.ok && permission.value.mayWrite;
    },
  },
  said('code', 'A command in code is no command', {
    file: 'app/command/comment/line-shape.ts',
    from: 'export function fenceOf(text: string): { char: string; length: number; info: string } | null {',
    to: 'export function fenceOf(text: string): { char: string; length: number; info: string } | null {\n  if (text.length >= 0) return null;',
    comment: '~~~\n/implement\n~~~',
  }),
  {
    name: 'release names a commit',
    claim: 'A release of another commit than the held one publishes nothing',
    file: 'app/control/release-task.ts',
    off: { from: 'question.subject.startsWith(commit.toLowerCase())', to: 'true' },
    attack: () => releases({ commit: 'b'.repeat(12) }),
  },
  {
    name: 'release after the question',
    claim: 'A release that was said before the work was held publishes nothing',
    file: 'app/control/release-task.ts',
    off: { from: 'saidAt.getTime() >= Math.floor(', to: 'saidAt.getTime() >= 0 * Math.floor(' },
    attack: () => releases({ commit: null, saidAt: new Date(0) }),
  },
  {
    name: 'one release',
    claim: 'Work that was released is not released again',
    file: 'app/task/question.ts',
    off: {
      from: 'return isAsked && task.question?.answer === null ? task.question',
      to: 'return isAsked ? task.question',
    },
    attack: async () => {
      const { decideResume } = await import('../../../app/store/rules/decide-waking.ts');
      const task = heldTask({ answer: { option: 'release', by: { id: 1, login: 'a' }, at: '' } });
      const answer = { option: 'release' as const, subject: task.question.subject, by: { id: 2, login: 'b' }, at: '' };
      const request = { now: new Date(), event: { kind: 'task.note' as const, data: { note: '' } }, answer };
      return decideResume(task as unknown as Parameters<typeof decideResume>[0], request) !== null;
    },
  },
  {
    name: 'no money for a release',
    claim: 'An attempt that only publishes released work can spend nothing',
    file: 'app/store/rules/task-facts.ts',
    off: {
      from: 'return isAnswered ? 0 : task.budgetNano',
      to: 'return task.budgetNano',
    },
    attack: async () => {
      const { neededNano } = await import('../../../app/store/rules/task-facts.ts');
      const task = heldTask({ answer: { option: 'release', by: { id: 1, login: 'a' }, at: '' } });
      return (
        neededNano({ ...task, budgetNano: 10, spentNano: 0 } as unknown as Parameters<typeof neededNano>[0], 0) > 0
      );
    },
  },
  {
    name: 'a token for the numbers',
    claim: 'Another machine reads what tasks cost only with the token',
    file: 'app/dashboard/may-read-facts.ts',
    off: { from: 'return !isForwarded && isLoopback(', to: 'return !isForwarded || isLoopback(' },
    attack: () => mayRead('10.0.0.7', {}),
  },
  {
    name: 'proxies are other machines',
    claim: 'A proxy on the same machine does not open what tasks cost to everybody',
    file: 'app/dashboard/may-read-facts.ts',
    off: {
      from: 'const isForwarded = FORWARDED.some((name) => request.headers[name] !== undefined);',
      to: 'const isForwarded = FORWARDED.length < 0;',
    },
    attack: () => mayRead('127.0.0.1', { 'x-forwarded-for': '1.2.3.4' }),
  },
  {
    name: 'nothing is overwritten',
    claim: 'A branch that somebody else pushed to is not overwritten',
    file: 'app/publish/decide-target.ts',
    off: { from: 'if (remoteSha === null || remoteSha === lastPushedSha) {', to: 'if (remoteSha !== undefined) {' },
    attack: () => pushesTo({ headSha: 'a', remoteSha: 'b', lastPushedSha: 'c', pull: null, isPullOurs: false }),
  },
  {
    name: 'pull requests of others',
    claim: 'A pull request of somebody else is not taken over',
    file: 'app/publish/decide-target.ts',
    off: {
      from: "if (pull !== null && !facts.isPullOurs && pull.state === 'open') {",
      to: 'if (pull === undefined) {',
    },
    attack: () =>
      pushesTo({
        headSha: 'a',
        remoteSha: null,
        lastPushedSha: null,
        pull: { state: 'open', number: 1 },
        isPullOurs: false,
      }),
  },
  {
    name: 'closed pull requests',
    claim: 'A pull request that a person closed is not pushed to',
    file: 'app/publish/decide-target.ts',
    off: { from: "if (pull !== null && facts.isPullOurs && pull.state !== 'open') {", to: 'if (pull === undefined) {' },
    attack: () =>
      pushesTo({
        headSha: 'a',
        remoteSha: null,
        lastPushedSha: null,
        pull: { state: 'closed', number: 1 },
        isPullOurs: true,
      }),
  },
  {
    name: 'stale processes',
    claim: 'A process whose lease is over changes nothing',
    file: 'app/task/fence.ts',
    off: { from: ' && (task.lease?.number ?? 0) === fence.leaseNumber;', to: ';' },
    attack: async () => {
      const { matchesFence } = await import('../../../app/task/fence.ts');
      const task = { id: 'T', epoch: 1, lease: { owner: 'a', number: 2, until: new Date() } };
      return matchesFence(task, { taskId: 'T', epoch: 1, leaseNumber: 1 });
    },
  },
  {
    name: 'stale attempts',
    claim: 'An attempt that was replaced changes nothing',
    file: 'app/task/fence.ts',
    off: { from: ' && task.epoch === fence.epoch', to: '' },
    attack: async () => {
      const { matchesFence } = await import('../../../app/task/fence.ts');
      const task = { id: 'T', epoch: 2, lease: { owner: 'a', number: 2, until: new Date() } };
      return matchesFence(task, { taskId: 'T', epoch: 1, leaseNumber: 2 });
    },
  },
];

const COMMIT = 'a'.repeat(40);

function heldTask(change: { answer: object | null }) {
  const question = {
    kind: 'release',
    subject: COMMIT,
    options: ['release'],
    epoch: 1,
    askedAt: '2026-01-01T00:00:00.000Z',
    ...change,
  };
  return { id: 'T', state: 'SUBMITTED', finishedAt: null, wait: { reason: 'approval' }, question };
}

async function releases(said: { commit: string | null; saidAt?: Date }): Promise<boolean> {
  const { releaseTask } = await import('../../../app/control/release-task.ts');
  const task = heldTask({ answer: null }) as unknown as Parameters<typeof releaseTask>[0]['task'];
  const tasks = { find: async () => task, resume: async () => task };
  const by = { id: 1, login: 'mia' };
  const { code } = await releaseTask({ task, by, now: new Date(), saidAt: new Date(), ...said }, { tasks });
  return code === 'released';
}

async function mayRead(remoteAddress: string, headers: Record<string, string>): Promise<boolean> {
  const { mayReadFacts } = await import('../../../app/dashboard/may-read-facts.ts');
  return mayReadFacts({ headers, socket: { remoteAddress } }, 'a-token-of-some-length');
}

async function pushesTo(facts: object): Promise<boolean> {
  const { decideTarget } = await import('../../../app/publish/decide-target.ts');
  return decideTarget(facts as Parameters<typeof decideTarget>[0]).do === 'push';
}

function said(
  name: string,
  claim: string,
  given: { file: string; from: string; to: string; comment: string },
): Defence {
  return {
    name,
    claim,
    file: given.file,
    off: given,
    attack: async () => {
      const { parseComment } = await import('../../../app/command/parse-comment.ts');
      return parseComment(given.comment, { prefix: '/' }).some((command) => command.kind === 'command');
    },
  };
}

/** Status of the answer to a signed delivery. */
async function deliver(body: string, { event }: { event: string }): Promise<number> {
  const { createServer } = await import('node:http');
  const { createWebhookReceiver } = await import('../../../app/intake/receive-webhook.ts');
  const inbox = { record: async () => ({ recorded: true }) };
  const receive = createWebhookReceiver({ inbox, secrets: [SECRET], clock: { now: () => new Date(0) } });
  const server = createServer((request, response) => void receive(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
    const headers = {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': 'a',
      'x-hub-signature-256': signature,
    };
    return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body })).status;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
