import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { createTextPool } from '../../app/main/text/text-pool.ts';
import { cleanOutput } from '../../app/text/clean-output.ts';
import { visibleText } from '../../app/text/visible-text.ts';

const SECRET = 'correct-horse-battery-staple';
const warnings: string[] = [];
const log = { warn: (message: string): void => void warnings.push(message) };
const pool = createTextPool({ secrets: [SECRET], log });

afterAll(() => pool.close());

describe('text in threads', () => {
  test('comes out as it would here', { timeout: 60_000 }, async () => {
    const markdown = 'Thanks @octocat <!-- hidden --> `code`';
    const options = { serverUrl: 'https://github.com', maxLength: 1_000 };
    expect(await pool.visible(markdown)).toEqual(visibleText(markdown));
    expect(await pool.clean(markdown, options)).toBe(cleanOutput(markdown, options));
    expect(await pool.findSecrets(Buffer.from(`a ${SECRET}`))).toEqual([
      { kind: 'known secret', index: 2, length: SECRET.length },
    ]);
  });

  test('knows secrets that came later, and forgets', async () => {
    const later = 'another-token-of-a-worker-0123';
    expect(await pool.findSecrets(Buffer.from(later))).toEqual([]);
    pool.add(later);
    expect(await pool.findSecrets(Buffer.from(later))).toHaveLength(1);
    pool.forget(later);
    expect(await pool.findSecrets(Buffer.from(later))).toEqual([]);
  });

  test('that takes too long is left out, and nothing else waits for it', { timeout: 60_000 }, async () => {
    const impatient = createTextPool({ secrets: [], log, deadlineMs: 200 });
    onTestFinished(() => impatient.close());
    const prose = 'The *quick* [fox](https://example.com) `jumps` over @octocat and <b>the dog</b>.\n\n';
    const slow = Array.from({ length: 8 }, () => prose.repeat(800));
    const lag = monitorEventLoopDelay({ resolution: 10 });
    lag.enable();
    const texts = await Promise.all(slow.map(async (markdown) => (await impatient.visible(markdown)).text));
    const cleaned = await Promise.all(
      slow.map((markdown) => impatient.clean(markdown, { serverUrl: 'https://github.com' })),
    );
    lag.disable();
    expect(texts[0]).toMatch(/too complex/);
    expect(cleaned[0]).toMatch(/too long to check/);
    expect(warnings.length).toBeGreaterThan(0);
    // Not the longest: other programs of the machine may take a turn.
    expect(lag.percentile(99) / 1e6).toBeLessThan(200);
    expect((await impatient.visible('still here')).text).toBe('still here');
  });

  test('is not searched after the end, and nothing passes for harmless', async () => {
    const closed = createTextPool({ secrets: [], log });
    await closed.close();
    expect(await closed.findSecrets(Buffer.from('a'))).toEqual([
      { kind: 'content that took too long to search', index: 0, length: 0 },
    ]);
    expect((await closed.visible('a')).text).toMatch(/left out/);
    expect(await closed.clean('a', { serverUrl: 'https://github.com' })).toMatch(/left out/);
  });
});
