import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CliCommand, FlagValues } from '../../../app/cli/command.ts';
import { cancelCommand } from '../../../app/cli/control/cancel-command.ts';
import { pauseCommand } from '../../../app/cli/control/pause-command.ts';
import { resumeCommand } from '../../../app/cli/control/resume-command.ts';
import { retryCommand } from '../../../app/cli/control/retry-command.ts';
import { budgetCommand } from '../../../app/cli/inspect/budget-command.ts';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import { claimer, usd } from '../../contract/stores/store-harness.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';
import { urlOf } from '../../support/url-of.ts';
import { admit, newTask, runAndFail } from '../inspect/make-task.ts';
import { recordOutput } from '../record-output.ts';

const ID = '01KAH3M8RZ0W6Y2F4T5N7Q9XC1';
const START = new Date('2026-11-21T10:00:00Z');
const db = withDatabase();

beforeEach(() => vi.stubEnv('DATABASE_URL', urlOf(db.connection)));
afterEach(async () => {
  vi.unstubAllEnvs();
  await createPostgresStores({ database: db.database }).pause.clear();
  await emptyTables(db.database);
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(command: CliCommand, args: readonly string[], flags: FlagValues = {}): Promise<Ran> {
  const recorded = recordOutput(flags['json'] === true ? { json: true } : {});
  const code = await command.run({ args, flags, output: recorded.output });
  return { code, stdout: recorded.stdout(), stderr: recorded.stderr() };
}

function stores() {
  return createPostgresStores({ database: db.database });
}

async function admitOne(): Promise<void> {
  await admit(stores(), newTask({ id: ID, issue: 1 }), START);
}

test('a waiting task is paused, resumed, topped up and cancelled, each in the name of the operator', async () => {
  await admitOne();
  expect(await run(pauseCommand, [ID])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('is paused') as string,
  });
  expect((await stores().tasks.find(ID))?.wait).toMatchObject({ reason: 'paused', note: 'paused by the operator' });
  expect(await run(resumeCommand, [ID.toLowerCase()])).toMatchObject({ code: 0 });
  expect((await stores().tasks.find(ID))?.wait?.reason).toBe('slot');
  const before = (await stores().tasks.find(ID))?.budgetNano ?? 0;
  expect(await run(budgetCommand, [ID, '+2.50'])).toMatchObject({ code: 0 });
  expect((await stores().tasks.find(ID))?.budgetNano).toBe(before + usd(2.5));
  expect(await run(cancelCommand, [ID])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('cancelled') as string,
  });
  expect(await stores().tasks.find(ID)).toMatchObject({ state: 'CANCELLED', stop: { by: { login: 'the operator' } } });
});

test('an ended task is run again with its text and settings, and once only while that has not ended', async () => {
  await admitOne();
  await runAndFail(stores(), START);
  const { code, stdout } = await run(retryCommand, [ID], { json: true });
  const answer = JSON.parse(stdout) as { code: string; done: boolean; task: { id: string } };
  expect([code, answer.code, answer.done]).toEqual([0, 'queued', true]);
  const [last, next] = [await stores().tasks.find(ID), await stores().tasks.find(answer.task.id)];
  expect(next).toMatchObject({ retryOf: ID, text: last?.text, settings: last?.settings, trigger: { kind: 'cli' } });
  expect(next?.requestedBy).toEqual(last?.requestedBy);
  expect(await run(retryCommand, [ID])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has not ended') as string,
  });
});

test.each([
  ['an unknown task', cancelCommand, ['01KAH3M8RZ0W6Y2F4T5N7Q9XCZ'], {}, 1, 'there is no task'],
  ['neither a task nor all', pauseCommand, [], {}, 2, 'needs an ID or --all'],
  ['both a task and all', resumeCommand, [ID], { all: true }, 2, 'found both'],
  ['a note for one task', pauseCommand, [ID], { note: 'why' }, 2, '--note needs --all'],
  ['no amount', budgetCommand, [ID, 'five'], {}, 2, 'an amount of USD above 0'],
] as const)('%s is refused with what to do', async (_what, command, args, flags, code, message) => {
  const ran = await run(command, args, flags);
  expect(ran.code).toBe(code);
  expect(ran.stderr).toContain(message);
});

test('pause --all stops every claim until resume --all', async () => {
  await admitOne();
  expect(await run(pauseCommand, [], { all: true, note: 'a move' })).toMatchObject({ code: 0 });
  expect(await stores().tasks.claim(claimer())).toBeNull();
  expect(await run(resumeCommand, [], { all: true })).toMatchObject({ code: 0, stdout: 'Tasks start again.\n' });
  expect((await stores().tasks.claim(claimer()))?.task.id).toBe(ID);
});
