import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfigFile } from '../../app/config/config-file.ts';
import { parseRepoConfig } from '../../app/config/repo-config.ts';

const page = readFileSync(new URL('../../docs/agents.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
const KEYS = { OPENAI_API_KEY: 'sk-a', AZURE_OPENAI_KEY: 'sk-b', GATEWAY_KEY: 'sk-c' };

test('the page on agents has examples', () => {
  expect(examples.length).toBeGreaterThanOrEqual(3);
});

test.each(examples)('an example of the page on agents is valid: %s', (text) => {
  if (text.startsWith('providers:')) {
    expect(parseConfigFile({ file: 'bosun.yml', text }, KEYS).problems).toEqual([]);
  } else {
    expect(parseRepoConfig(text)).toMatchObject({ ok: true });
  }
});
