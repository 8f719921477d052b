import { describe, expect, test } from 'vitest';
import { openDoor, refusalOf } from './open-door.ts';
import { sendMessage } from './scripted-upstream.ts';
import { TOKEN } from './attempt-world.ts';

const RESULT = { ending: 'done', summary: 'Fixed it.', questions: [], turns: 3 };

describe('events', () => {
  test('a heartbeat is written down and answered with what to do', async () => {
    const { events, world } = await openDoor();
    expect(await (await events({ type: 'heartbeat' })).json()).toEqual({ order: 'continue' });
    expect((await world.attempt()).heartbeatAt).toBeInstanceOf(Date);
  });

  test('a wish to stop reaches the worker with any event', async () => {
    const { events, world } = await openDoor();
    await world.requestStop();
    expect(await (await events({ type: 'heartbeat' })).json()).toEqual({ order: 'stop' });
    expect(await (await events({ type: 'progress', phase: 'agent' })).json()).toEqual({ order: 'stop' });
  });

  test('of several the last progress counts, and its note is redacted', async () => {
    const { events, world } = await openDoor();
    await events([
      { type: 'progress', phase: 'setup' },
      { type: 'heartbeat' },
      { type: 'progress', phase: 'agent', turn: 4, note: 'using hunter2' },
    ]);
    expect((await world.attempt()).progress).toEqual({ phase: 'agent', turn: 4, note: 'using [redacted]' });
    await events({ type: 'progress', phase: 'verify' });
    expect((await world.attempt()).progress).toEqual({ phase: 'verify', turn: 4, note: null });
  });

  test('log lines are kept by stream, in order, without secrets and without the token', async () => {
    const { events, artifacts } = await openDoor();
    await events([
      { type: 'log', stream: 'agent', text: 'one\n' },
      { type: 'log', stream: 'setup', text: 'password is hunter2\n' },
      { type: 'log', stream: 'agent', text: `two ${TOKEN}\n` },
    ]);
    expect([...artifacts].map(([key, text]) => [key.split('/').slice(1).join('/'), text])).toEqual([
      ['1/agent.log', 'one\ntwo [redacted]\n'],
      ['1/setup.log', 'password is [redacted]\n'],
    ]);
  });

  test('log lines beyond the cap are replaced with one marker line', async () => {
    const { events, artifacts } = await openDoor({ limits: { logBytesPerAttempt: 10 } });
    for (let line = 0; line < 5; line += 1) {
      await events({ type: 'log', stream: 'agent', text: '1234567\n' });
    }
    expect([...artifacts.values()]).toEqual(['1234567\n\n[the rest of the log was dropped]\n']);
  });

  const cuts = Array.from({ length: 6 }, (_, index) => index + 1);
  test.each([
    ['a known secret', 'hunter2'],
    ['the token of the attempt', TOKEN],
  ])('%s that is cut over two requests is redacted in the log', async (_, secret) => {
    for (const cut of cuts) {
      const { events, artifacts } = await openDoor();
      await events([{ type: 'log', stream: 'agent', text: `before ${secret.slice(0, cut)}` }, { type: 'heartbeat' }]);
      await events({ type: 'log', stream: 'setup', text: 'another log\n' });
      await events({ type: 'log', stream: 'agent', text: `${secret.slice(cut)} after\n` });
      expect(artifacts.get([...artifacts.keys()].find((key) => key.endsWith('agent.log')) ?? '')).toBe(
        'before [redacted] after\n',
      );
    }
  });

  test('the end of a log without an end of line is written with the end of the session', async () => {
    const { events, artifacts } = await openDoor();
    await events({ type: 'log', stream: 'agent', text: 'one\nlast hun' });
    expect([...artifacts.values()]).toEqual(['one\n']);
    await events([
      { type: 'log', stream: 'agent', text: 'ter2' },
      { type: 'finished', result: RESULT },
    ]);
    expect([...artifacts.values()]).toEqual(['one\nlast [redacted]\n']);
  });

  test('the end of a log is written when the door closes', async () => {
    const { door, events, artifacts } = await openDoor();
    await events({ type: 'log', stream: 'agent', text: 'one\nlast hunter2' });
    await door.close();
    expect([...artifacts.values()]).toEqual(['one\nlast [redacted]\n']);
  });

  test('the result is written once the money of the attempt is settled, redacted', async () => {
    const { ask, events, upstream, world } = await openDoor();
    upstream.script((_request, response) => sendMessage(response));
    await (await ask()).text();
    const verify = { command: 'npm test', exitCode: 0, durationMs: 5, outputTail: 'hunter2 ok' };
    const response = await events([{ type: 'finished', result: { ...RESULT, summary: 'hunter2', verify } }]);
    expect(response.status).toBe(200);
    const attempt = await world.attempt();
    expect(attempt.result).toEqual({
      ...RESULT,
      summary: '[redacted]',
      verify: { ...verify, outputTail: '[redacted] ok' },
    });
    expect(attempt.inflightNano).toBe(0);
  });

  test('unknown keys are dropped, so that a newer worker can talk to an older door', async () => {
    const { events, world } = await openDoor();
    expect((await events({ type: 'finished', result: { ...RESULT, mood: 'good' }, extra: 1 })).status).toBe(200);
    expect((await world.attempt()).result).toEqual(RESULT);
  });

  test.each<[string, unknown, string]>([
    ['an unknown kind', { type: 'shout' }, '400 error BAD_REQUEST'],
    ['a wrong phase', [{ type: 'heartbeat' }, { type: 'progress', phase: 'lunch' }], '400 error BAD_REQUEST'],
    ['a result without an ending', { type: 'finished', result: {} }, '400 error BAD_REQUEST'],
    ['nothing', 'null', '400 error BAD_REQUEST'],
    ['more than a hundred', Array.from({ length: 101 }, () => ({ type: 'heartbeat' })), '413 error TOO_LARGE'],
    ['more than a mebibyte', JSON.stringify('x'.repeat(1_100_000)), '413 error TOO_LARGE'],
  ])('with %s are refused and change nothing', async (_name, body, expected) => {
    const { events, world } = await openDoor();
    const before = await world.attempt();
    expect(await refusalOf(await events(body))).toBe(expected);
    expect(await world.attempt()).toEqual(before);
  });
});
