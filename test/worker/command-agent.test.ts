import { describe, expect, test } from 'vitest';
import type { Job } from '../../protocol/index.ts';
import { commandAgent } from '../../worker/agent/command.ts';
import { testAgent } from '../contract/agent.ts';
import type { Part } from '../contract/agent.ts';
import { openBench } from './agent-bench.ts';

const ASK_MODEL = `node --input-type=module -e '
  const answer = await fetch(process.env.ANTHROPIC_BASE_URL + "/v1/messages", {
    method: "POST",
    headers: { "x-api-key": process.env.ANTHROPIC_API_KEY, "anthropic-version": "2023-06-01" },
    body: JSON.stringify({ model: process.env.BOSUN_MODEL, max_tokens: 10, messages: [{ role: "user", content: "hi" }] }),
  });
  process.exit(answer.ok ? 0 : 5);'`;

function report(json: object): string {
  return `printf '%s' '${JSON.stringify(json)}' > "$BOSUN_RESULT_FILE"`;
}

function part(command: string): Part {
  return { script: [{ text: 'hello' }], agent: { kind: 'command', command } };
}

function command(text: string): { agent: Job['agent'] } {
  return { agent: { kind: 'command', command: text } };
}

describe('a command as the agent', () => {
  testAgent({
    agent: commandAgent,
    done: part(`${ASK_MODEL} && echo new > new.txt && ${report({ status: 'done', summary: 'Wrote it.' })}`),
    asks: part(report({ status: 'not_enough_context', questions: ['Which?', 'Why?'] })),
    endless: part(`${ASK_MODEL}; sleep 1000`),
    poor: part(ASK_MODEL),
  });

  test('finds the prompt, the facts and nothing else', async () => {
    process.env.BOSUN_TEST_CANARY = 'tweet';
    const bench = await openBench(commandAgent, []);
    await bench.run(command('env | sort > env.txt; cat "$BOSUN_PROMPT_FILE" > prompt.txt; pwd > where.txt'));
    delete process.env.BOSUN_TEST_CANARY;
    const names = (await bench.read('env.txt')).split('\n').map((line) => line.split('=')[0] ?? '');
    expect(names.filter((name) => !['_', 'PWD', 'OLDPWD', 'SHLVL', ''].includes(name))).toEqual([
      'ANTHROPIC_API_KEY',
      'ANTHROPIC_AUTH_TOKEN',
      'ANTHROPIC_BASE_URL',
      'ANTHROPIC_MODEL',
      'BOSUN_EPOCH',
      'BOSUN_MAX_TURNS',
      'BOSUN_MODEL',
      'BOSUN_PROMPT_FILE',
      'BOSUN_REPOSITORY',
      'BOSUN_RESULT_FILE',
      'BOSUN_TASK_ID',
      'BOSUN_TIMEOUT_MS',
      'HOME',
      'OPENAI_API_KEY',
      'OPENAI_BASE_URL',
      'PATH',
    ]);
    expect(await bench.read('prompt.txt')).toBe('You mend programs.\n\nThe sum is wrong.\n');
    expect(await bench.read('where.txt')).toBe(`${bench.directory}\n`);
  });

  test('an exit code other than 0 is an error with the last line', async () => {
    const bench = await openBench(commandAgent, []);
    const ending = await bench.run(command('echo first; echo the reason >&2; exit 4'));
    expect(ending).toMatchObject({
      ending: 'agent_error',
      reason: 'the agent command ended with exit code 4: the reason',
    });
    expect(bench.log()).toContain('the reason');
  });

  test.each([
    ['no-such-agent --go', 'the program `no-such-agent` was not found in the worker'],
    ['/etc --go', 'the program `/etc` could not be started in the worker'],
  ])('%s is a mistake of the configuration', async (text, sentence) => {
    const bench = await openBench(commandAgent, []);
    const ending = await bench.run(command(text));
    expect(ending).toMatchObject({ ending: 'agent_error', code: 'AGENT_NOT_FOUND' });
    expect(ending.reason).toContain(sentence);
    expect(ending.reason).toContain('BOSUN_WORKER_PATHS');
  });

  test('counts the requests that a model answered, and stops at the limit of turns', async () => {
    const bench = await openBench(commandAgent, []);
    const ending = await bench.run({ ...command(`${ASK_MODEL}; ${ASK_MODEL}; ${ASK_MODEL}`), maxTurns: 2 });
    expect(ending).toMatchObject({ ending: 'max_turns', turns: 2 });
    expect(bench.door.model.calls).toHaveLength(2);
  });

  test('an exit code does not hide that the money was used up', async () => {
    const bench = await openBench(commandAgent, []);
    bench.door.refuseModel = 'BUDGET_EXHAUSTED';
    expect(await bench.run(command(`${ASK_MODEL}; exit 0`))).toMatchObject({ ending: 'budget' });
    expect(await bench.run(command(`${ASK_MODEL}; exit 127`))).toMatchObject({ ending: 'budget' });
  });

  test.each(['not json', '[]', '{"status":"maybe"}', '{"summary":7}'])('%s is no report', async (text) => {
    const bench = await openBench(commandAgent, []);
    const ending = await bench.run(command(`printf '%s' '${text}' > "$BOSUN_RESULT_FILE"`));
    expect(ending).toMatchObject({ ending: 'agent_error', reason: expect.stringContaining('result file') });
  });

  test('a report may be longer than a result holds', async () => {
    const bench = await openBench(commandAgent, []);
    const long = `node -e 'fs.writeFileSync(process.env.BOSUN_RESULT_FILE, JSON.stringify({ summary: "x".repeat(30000) }))'`;
    const ending = await bench.run(command(long));
    expect(ending.summary).toHaveLength(20_000);
  });
});
