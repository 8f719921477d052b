import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { judgeTrial } from '../../../app/cli/doctor/checks/judge-trial.ts';
import { tryAgent } from '../../../app/cli/doctor/try-agent.ts';
import type { AgentTrial } from '../../../app/cli/doctor/try-agent.ts';
import { checkSandbox } from '../../../app/compute/sandbox/check-sandbox.ts';
import { failure } from '../../../app/task/failure.ts';
import { WorkerResult } from '../../../protocol/index.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { urlOf } from '../../support/url-of.ts';
import { findTestAgent } from '../../worker/agents/find-test-agent.ts';

function trial(result: object | null, more: Partial<AgentTrial> = {}): AgentTrial {
  return {
    result: result === null ? null : WorkerResult.parse(result),
    failure: null,
    didRun: false,
    printed: 'Allow this? [y/N]',
    ...more,
  };
}

test.each<[string, AgentTrial, RegExp, RegExp]>([
  [
    'is missing',
    trial({ ending: 'agent_error', code: 'AGENT_NOT_FOUND', reason: 'codex was not found' }),
    /not found/,
    /Install/,
  ],
  [
    'prints no JSON',
    trial({ ending: 'agent_error', code: 'AGENT_OUTPUT' }),
    /printed no JSON.*\nAllow this/,
    /script of your own/,
  ],
  [
    'does nothing',
    trial({ ending: 'agent_error', code: 'AGENT_DID_NOTHING' }),
    /exit code 0 and asked the model/,
    /logged in/,
  ],
  [
    'asks for another model',
    trial({ ending: 'model_error', code: 'UNKNOWN_MODEL', reason: 'found gpt-9' }),
    /found gpt-9/,
    /version/,
  ],
  [
    'asks for a tool of the provider',
    trial({ ending: 'model_error', code: 'FORBIDDEN_TOOL', reason: 'web_search' }),
    /does not allow: web_search/,
    /version/,
  ],
  ['waits for an answer', trial({ ending: 'stopped' }), /did not end by itself.*\nAllow this/, /permission or a login/],
  [
    'does not run what it is asked to',
    trial({ ending: 'done', turns: 2 }),
    /without running the command/,
    /forbid commands/,
  ],
  [
    'fails in a way of its own',
    trial({ ending: 'agent_error', reason: 'unknown option --print' }),
    /unknown option --print/,
    /version/,
  ],
  [
    'could not be started',
    trial(null, { failure: failure('WORKER_START_FAILED', 'no such image') }),
    /no such image/,
    /./,
  ],
])('an agent that %s', (_, given, found, remedy) => {
  const check = judgeTrial('codex', given);
  expect(check.state).toBe('fail');
  expect(check.found).toMatch(found);
  expect(check.remedy).toMatch(remedy);
});

test('an agent that does its task', () => {
  expect(judgeTrial('codex', trial({ ending: 'done', turns: 2 }, { didRun: true }))).toMatchObject({ state: 'ok' });
});

const sandbox = await checkSandbox();
const skipped = sandbox.ok ? '' : ` (skipped: ${sandbox.reason}. ${sandbox.remedy})`;

describe.skipIf(!sandbox.ok)(`a trial in a sandbox${skipped}`, () => {
  const db = withDatabase();
  // Each trial has a GitHub of its own, whose numbers begin anew
  afterEach(() => emptyTables(db.database));

  function run(name: 'claude-code' | 'codex', toolPath: string): Promise<AgentTrial> {
    const env = { BOSUN_WORKER_PATHS: toolPath };
    const containers = { images: {}, runtime: null, cpus: null, socketPath: '' };
    const settings = { DATABASE_URL: urlOf(db.connection) };
    return tryAgent(name, { config: { compute: 'sandbox', containers }, env, settings });
  }

  /** A `claude` that is this shell script. */
  async function write(script: string): Promise<string> {
    const directory = await mkdtemp(path.join(tmpdir(), 'bosun-programs-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await writeFile(path.join(directory, 'claude'), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(directory, 'claude'), 0o755);
    await chmod(directory, 0o755);
    return directory;
  }

  const ASK = (body: string): string =>
    `echo '{"type":"system"}'; node -e 'fetch(process.env.ANTHROPIC_BASE_URL + "/v1/messages", {method: "POST", headers: {authorization: "Bearer " + process.env.ANTHROPIC_AUTH_TOKEN, "anthropic-version": "2023-06-01"}, body: JSON.stringify(${body})}).then((answer) => process.exit(answer.ok ? 0 : 1))'`;
  const HELLO = 'max_tokens: 9, messages: [{role: "user", content: "hello"}]';

  test.each([
    ['prints no JSON', 'echo Welcome to Claude', { code: 'AGENT_OUTPUT' }],
    ['asks for another model', ASK(`{model: "claude-other", ${HELLO}}`), { code: 'UNKNOWN_MODEL' }],
  ])('sees that the agent %s', { timeout: 300_000 }, async (_, script, result) => {
    expect(await run('claude-code', await write(script))).toMatchObject({ result, didRun: false });
  });

  const found = findTestAgent('codex');
  test.skipIf(found.directory === null)(`sees that Codex works${found.note}`, { timeout: 300_000 }, async () => {
    const toolPath = path.resolve(found.directory ?? '', '../..');
    expect(await run('codex', toolPath)).toMatchObject({ result: { ending: 'done', turns: 2 }, didRun: true });
  });
});
