import { expect, test } from 'vitest';
import { runProcess } from '../../worker/process/run-process.ts';

const TOKEN = `ghp_${'x7Kq2'.repeat(8)}`;

async function tailOf(output: string): Promise<string> {
  const { outputTail } = await runProcess({
    argv: ['cat'],
    input: output,
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '' },
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    onOutput: () => undefined,
  });
  return outputTail;
}

test('a tail that was cut begins with a whole word, so that the rest of a token is not kept', async () => {
  const filler = 'ok '.repeat(2_720);
  for (let extra = 0; extra < TOKEN.length; extra += 7) {
    const tail = await tailOf(`${TOKEN} ${filler}${'x'.repeat(extra)}`);
    expect(tail).toMatch(/^(ok |ghp_)/);
    expect(tail.includes(TOKEN)).toBe(tail.includes('Kq2'));
  }
});

test('a short output is kept as it is', async () => {
  expect(await tailOf('one two\n')).toBe('one two\n');
});
