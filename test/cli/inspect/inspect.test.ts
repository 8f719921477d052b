import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import type { CliCommand, FlagValues } from '../../../app/cli/command.ts';
import { budgetCommand } from '../../../app/cli/inspect/budget-command.ts';
import { showCommand } from '../../../app/cli/inspect/show-command.ts';
import { tasksCommand } from '../../../app/cli/inspect/tasks-command.ts';
import { createDirectoryArtifacts } from '../../../app/store/artifacts/directory-artifacts.ts';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import type { PostgresConnection } from '../../../app/store/postgres/driver/connection-settings.ts';
import { limits, usd } from '../../contract/stores/store-harness.ts';
import { withDatabase } from '../../support/database.ts';
import { recordOutput } from '../record-output.ts';
import { admit, newTask, run as runTask, runAndFail } from './make-task.ts';

const FAILED = '01KAH3M8RZ0W6Y2F4T5N7Q9XC1';
const WAITING = '01KAH3M8RZ0W6Y2F4T5N7Q9XC2';
const START = new Date('2026-11-21T10:00:00Z');
const PATCH = 'diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+\u001B[31mtwo\n';

const db = withDatabase();
let dataDir: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'bosun-cli-'));
  const stores = createPostgresStores({ database: db.database });
  await admit(stores, newTask({ id: FAILED, issue: 1 }), START);
  await runAndFail(stores, START);
  await admit(
    stores,
    newTask({ id: WAITING, issue: 2, title: 'Nice \u001B]0;owned\u0007 title\nsecond line' }),
    new Date('2026-11-21T11:00:00Z'),
  );
  const artifacts = createDirectoryArtifacts({ directory: join(dataDir, 'artifacts') });
  await artifacts.put(`${FAILED}/1/changes.patch`, Buffer.from(PATCH));
  await artifacts.put(
    `${FAILED}/1/prompt.json`,
    Buffer.from(JSON.stringify({ system: 'Be careful.', user: 'Fix it.\nNow.' })),
  );
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

beforeEach(() => {
  vi.stubEnv('DATABASE_URL', urlOf(db.connection));
  vi.stubEnv('BOSUN_DATA_DIR', dataDir);
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('NO_COLOR', undefined);
  vi.stubEnv('TERM', 'xterm-256color');
});
afterEach(() => vi.unstubAllEnvs());

/** As an operator would write it: the socket's directory is a parameter. */
function urlOf(connection: PostgresConnection): string {
  if ('url' in connection) {
    return connection.url;
  }
  const { user, database, port, socketDirectory } = connection;
  return `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(socketDirectory)}`;
}

async function run(
  command: CliCommand,
  call: { args?: string[]; flags?: FlagValues; terminal?: true } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { flags = {}, args = [] } = call;
  const recorded = recordOutput({
    ...(flags['json'] === true ? { json: true } : {}),
    ...(call.terminal ? { terminal: true } : {}),
  });
  const code = await command.run({ args, flags, output: recorded.output });
  return { code, stdout: recorded.stdout(), stderr: recorded.stderr() };
}

describe('bosun tasks', () => {
  test('lists the newest first, aligned, without color in a pipe', async () => {
    const { code, stdout } = await run(tasksCommand);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'ID                          STATE             ISSUE         SPENT           CREATED (UTC)     TITLE',
        `${WAITING}  SUBMITTED (slot)  ada/engine#2  $0.00 of $5.00  2026-11-21 11:00  Nice �]0;owned� title second line`,
        `${FAILED}  FAILED            ada/engine#1  $0.42 of $5.00  2026-11-21 10:00  Fix the engine`,
        '',
      ].join('\n'),
    );
  });

  test('shows a failure in red on a terminal, and not where NO_COLOR is set', async () => {
    // Node takes CI for a terminal without colors, and so does one whose kind nobody tells.
    const terminal = { TERM: 'xterm-256color', CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined };
    Object.entries(terminal).forEach(([name, value]) => vi.stubEnv(name, value));
    const colored = await run(tasksCommand, { terminal: true });
    expect(colored.stdout).toContain('\u001B[31mFAILED          \u001B[39m');
    vi.stubEnv('NO_COLOR', '1');
    const plain = await run(tasksCommand, { terminal: true });
    expect(plain.stdout).not.toContain('\u001B[');
  });

  test('narrows down to a state, in any case of letters', async () => {
    const { stdout } = await run(tasksCommand, { flags: { state: 'failed' } });
    expect(stdout).toContain(FAILED);
    expect(stdout).not.toContain(WAITING);
    expect((await run(tasksCommand, { flags: { state: 'running' } })).stdout).toBe('No task is RUNNING.\n');
  });

  test('gives one JSON document with money as numbers and times as ISO 8601', async () => {
    const { stdout } = await run(tasksCommand, { flags: { json: true } });
    const { tasks } = JSON.parse(stdout) as { tasks: Record<string, unknown>[] };
    expect(tasks.map((task) => task['id'])).toEqual([WAITING, FAILED]);
    expect(tasks[1]).toMatchObject({
      state: 'FAILED',
      epoch: 1,
      repository: 'ada/engine',
      issue: { number: 1, title: 'Fix the engine' },
      requested_by: 'ada',
      budget_usd: 5,
      spent_usd: 0.42,
      unsettled_usd: 0,
      pull_request: null,
      failure: { code: 'WORKER_OUT_OF_MEMORY', blame: 'operator' },
      created_at: '2026-11-21T10:00:00.000Z',
    });
  });

  test.each([
    [{ state: 'DONE' }, 'there is no state "DONE"'],
    [{ limit: '0' }, '--limit takes a whole number from 1 to 1000, found "0"'],
    [{ limit: 'many' }, '--limit takes a whole number from 1 to 1000, found "many"'],
  ])('refuses %o before it opens anything', async (flags, said) => {
    vi.stubEnv('DATABASE_URL', 'postgres://nobody@127.0.0.1:1/none');
    const { code, stderr } = await run(tasksCommand, { flags });
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  });
});

describe('bosun show', () => {
  test('shows facts, failure, cost and a timeline, without control characters', async () => {
    const { code, stdout } = await run(showCommand, { args: [FAILED] });
    expect(code).toBe(0);
    expect(stdout).toContain(`${FAILED}  FAILED`);
    expect(stdout).toContain('Issue     ada/engine#1 Fix the engine');
    expect(stdout).toContain('WORKER_OUT_OF_MEMORY  The worker ran out of memory.');
    expect(stdout).toContain('  killed at �[31m8 GiB');
    expect(stdout).toContain('  claude-sonnet-5  $0.42  1 request  12,345 tokens in  678 out  90 from cache');
    expect(stdout).toMatch(/ {2}2026-11-21 10:01:05 {2}\+1m {4}session ended {2}exited, exit code 137, out of memory/);
    expect(stdout).toMatch(/hydrated {7}2 sources, about 1200 tokens, 3 dropped for length/);
    expect(stdout).toMatch(/started\n.*progress {7}agent, turn 4, editing �\[2Jsrc\/engine.ts\n.*session ended/);
    expect(stdout).toContain('  changes.patch  prompt.json');
    expect(stdout).not.toContain('\u001B');
  });

  test('finds the id in lower case, as branch names have it', async () => {
    expect((await run(showCommand, { args: [WAITING.toLowerCase()] })).stdout).toContain('Waits     for slot');
  });

  test('gives one JSON document', async () => {
    const { stdout } = await run(showCommand, { args: [FAILED], flags: { json: true } });
    const document = JSON.parse(stdout) as { events: { kind: string }[] };
    expect(document).toMatchObject({
      task: { id: FAILED, state: 'FAILED' },
      cost: { usd: 0.42, by_model: { 'claude-sonnet-5': { usd: 0.42, requests: 1, input_tokens: 12_345 } } },
      files: ['1/changes.patch', '1/prompt.json'],
    });
    expect(document.events.map((event) => event.kind)).toEqual([
      'task.submitted',
      'task.claimed',
      'task.hydrated',
      'task.started',
      'task.progress',
      'task.session_ended',
      'task.ended',
    ]);
  });

  test('prints a patch byte for byte into a pipe, so that git takes it', async () => {
    const { stdout } = await run(showCommand, { args: [FAILED], flags: { patch: true } });
    expect(stdout).toBe(PATCH);
    const clone = join(dataDir, 'clone');
    mkdirSync(clone);
    writeFileSync(join(clone, 'a.txt'), 'one\n');
    execFileSync('git', ['apply'], { cwd: clone, input: stdout });
    expect(readFileSync(join(clone, 'a.txt'), 'utf8')).toBe('\u001B[31mtwo\n');
  });

  test('prints a patch on a terminal without what would steer it', async () => {
    const { stdout } = await run(showCommand, { args: [FAILED], flags: { patch: true }, terminal: true });
    expect(stdout).toContain('+�[31mtwo');
  });

  test('prints the prompt as text, and as JSON when asked for', async () => {
    const text = await run(showCommand, { args: [FAILED], flags: { prompt: true } });
    expect(text.stdout).toBe('=== system ===\n\nBe careful.\n\n=== user ===\n\nFix it.\nNow.\n');
    const json = await run(showCommand, { args: [FAILED], flags: { prompt: true, json: true } });
    expect(JSON.parse(json.stdout)).toEqual({ system: 'Be careful.', user: 'Fix it.\nNow.' });
  });

  test.each([
    [['01NOSUCHTASK'], {}, 1, 'there is no task "01NOSUCHTASK"'],
    [[FAILED], { log: true }, 1, `no attempt of task ${FAILED} has a agent.log`],
    [[FAILED], { patch: true, attempt: '7' }, 1, `attempt 7 of task ${FAILED} does not have a changes.patch`],
    [[FAILED], { attempt: 'last' }, 2, '--attempt takes a whole number from 1, found "last"'],
    [[FAILED], { patch: true, log: true }, 2, 'print one file at a time, found --patch and --log'],
  ])('says what is wrong with %o %o', async (args, flags, code, said) => {
    const result = await run(showCommand, { args, flags });
    expect([result.code, result.stderr, result.stdout]).toEqual([code, expect.stringContaining(said), '']);
  });
});

describe('without a database', () => {
  test('a server that does not answer is a sentence with a next step', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://bosun:hunter2@127.0.0.1:1/none');
    const { code, stderr } = await run(tasksCommand);
    expect(code).toBe(1);
    expect(stderr).toContain('Cannot use the database at postgres://bosun@127.0.0.1:1/none');
    expect(stderr).toContain('bosun doctor');
    expect(stderr).not.toContain('hunter2');
  });

  test('wrong settings are reported one by one', async () => {
    vi.stubEnv('PORT', 'x');
    vi.stubEnv('BOSUN_COMPUTE', 'moon');
    const { code, stderr } = await run(tasksCommand);
    expect(code).toBe(2);
    expect(stderr).toContain('PORT: expected');
    expect(stderr).toContain('BOSUN_COMPUTE: expected');
  });

  test('a directory in which nothing was ever started is not turned into a database', async () => {
    vi.stubEnv('DATABASE_URL', '');
    vi.stubEnv('BOSUN_DATA_DIR', join(dataDir, 'empty'));
    const { code, stderr } = await run(tasksCommand);
    expect(code).toBe(1);
    expect(stderr).toContain(`there is no database in ${join(dataDir, 'empty')} yet`);
  });
});

describe('while a task runs', () => {
  const busy = withDatabase();

  test('it shows the last output of the worker, and the position of the next task', async () => {
    const stores = createPostgresStores({ database: busy.database });
    await admit(stores, newTask({ id: FAILED, issue: 1 }), START);
    await runTask(stores, START);
    await admit(stores, newTask({ id: WAITING, issue: 2 }), START);
    vi.stubEnv('DATABASE_URL', urlOf(busy.connection));

    const running = await run(showCommand, { args: [FAILED] });
    // When a worker was last heard of is said by the database's clock.
    expect(running.stdout).toMatch(
      /agent, turn 4: editing �\[2Jsrc\/engine\.ts, last heard of \d{4}-\d\d-\d\d [\d:]{8} UTC/,
    );
    const waiting = await run(showCommand, { args: [WAITING] });
    expect(waiting.stdout).toContain('for slot, number 1 of 1 in its repository');
    const document = JSON.parse((await run(showCommand, { args: [FAILED], flags: { json: true } })).stdout) as object;
    expect(document).toMatchObject({ attempt: { epoch: 1, phase: 'agent', turn: 4 }, queue: null });
  });
});

describe('a database of another version', () => {
  const bare = withDatabase({ empty: true });

  test('one without tables is not migrated by a look', async () => {
    vi.stubEnv('DATABASE_URL', urlOf(bare.connection));
    const { code, stderr } = await run(tasksCommand);
    expect(code).toBe(1);
    expect(stderr).toContain('the database lacks 001-');
    expect(await bare.database.query({ text: `select from pg_tables where schemaname = 'public'` })).toEqual([]);
  });
});

describe('bosun budget', () => {
  const NOW_DAY = /\d{4}-\d\d-\d\d \d\d:\d\d/;

  test('shows what the server and each repository have spent, reserved and left', async () => {
    const stores = createPostgresStores({ database: db.database });
    const task = newTask({ id: '01KAH3M8RZ0W6Y2F4T5N7Q9XC3', issue: 3 });
    await admit(stores, { ...task, repository: { id: 18, owner: 'ada', name: 'looms' } }, new Date());
    const claim = {
      owner: 'one',
      now: new Date(),
      leaseMs: 30_000,
      limits: limits({ serverDayNano: usd(200), repositoryDayNano: usd(50) }),
    };
    while ((await stores.tasks.claim(claim)) !== null) {
      // Each holds its budget.
    }
    const { code, stdout } = await run(budgetCommand);
    expect(code).toBe(0);
    const [head, server, ...rest] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^BUDGET +PER +CAP +SPENT +RESERVED +LEFT +PER HOUR +USED UP \(UTC\) +RESETS \(UTC\)$/);
    expect(server).toMatch(/^server +day +\$200\.00 +\$\d\.\d\d +\$10\.00 +\$1\d\d\.\d\d +/);
    expect(server).toMatch(NOW_DAY);
    expect(rest.map((line) => line.split(/ {2,}/).slice(0, 8)).filter(([owner]) => owner === 'ada/looms')).toEqual([
      ['ada/looms', 'day', '$50.00', '$0.00', '$5.00', '$45.00', '-', '-'],
      ['ada/looms', 'month', '$500.00', '$0.00', '$5.00', '$495.00', '-', '-'],
    ]);
  });

  test('narrows down to one repository, as JSON with money as numbers', async () => {
    const { stdout } = await run(budgetCommand, { args: ['Ada/Looms'], flags: { json: true } });
    const { budgets } = JSON.parse(stdout) as { budgets: Record<string, unknown>[] };
    expect(budgets.map(({ owner, per }) => [owner, per])).toEqual([
      ['server', 'day'],
      ['ada/looms', 'day'],
      ['ada/looms', 'month'],
    ]);
    expect(budgets[1]).toMatchObject({ cap_usd: 50, spent_usd: 0, reserved_usd: 5, left_usd: 45, warned_at: null });
    const other = await run(budgetCommand, { args: ['ada/other'] });
    expect([other.code, other.stderr]).toEqual([0, expect.stringContaining('Nothing was spent in ada/other')]);
  });

  test('refuses what is no repository', async () => {
    const { code, stderr } = await run(budgetCommand, { args: ['engine'] });
    expect([code, stderr]).toEqual([2, expect.stringContaining('takes one repository as OWNER/REPO')]);
  });
});
