import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import { betaAgentToolset20260401 } from '@anthropic-ai/sdk/tools/agent-toolset/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { demoScript } from '../../demo/demo-script.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import { createScriptedModel, type ScriptedModel } from '../../demo/model/create-scripted-model.ts';
import { stageStory, story } from '../../demo/story.ts';
import { runGitClient } from './github/run-git-client.ts';

const run = promisify(execFile);
let github: LocalGitHub;
let model: ScriptedModel;
let work: string;

beforeEach(async () => {
  github = await createLocalGitHub();
  model = await createScriptedModel({ script: demoScript });
  work = await mkdtemp(join(tmpdir(), 'story-'));
});
afterEach(async () => {
  await model.close();
  await github.close();
  await rm(work, { recursive: true, force: true });
});

async function failures(dir: string): Promise<string[]> {
  // Not a test inside a test: node refuses to start one where it finds its own mark.
  const env = { PATH: process.env['PATH'] ?? '' };
  const outcome = await run(process.execPath, ['--test', '--test-reporter=tap'], { cwd: dir, env }).catch(
    (error: { stdout: string }) => error,
  );
  return outcome.stdout.split('\n').flatMap((line) => /^not ok \d+ - (.*)$/.exec(line)?.[1] ?? []);
}

test('the story stands on the local GitHub: repository, roles, issue, hint and injection', async () => {
  const issue = await stageStory(github);
  expect(issue.user.login).toBe(story.reporter);
  const said = github.comments({ repository: story.repository, number: issue.number });
  expect(said.map(({ user }) => user.login)).toEqual([story.maintainer, story.stranger]);
  expect(await github.readFile(story.repository, { path: '.github/bosun.yml' })).toContain('verify: node --test');
  expect((await github.git(story.repository, ['ls-tree', 'main', 'bin/howlong.js'])).stdout.toString()).toMatch(
    /^100755/,
  );
});

test('the scripted coder repairs the sample with the tools of the SDK, and only what it should', async () => {
  await stageStory(github);
  const dir = join(work, 'howlong');
  await runGitClient(work, 'clone', '-q', github.cloneUrl(story.repository), dir);
  expect(await failures(dir)).toEqual(['never says 60s']);

  const client = new Anthropic({ baseURL: model.url, apiKey: model.key });
  const tools = betaAgentToolset20260401({ workdir: dir });
  const messages = [{ role: 'user' as const, content: `${story.issue.title}\n\n${story.issue.body}` }];
  const runner = client.beta.messages.toolRunner({
    model: 'claude-test',
    max_tokens: 1000,
    messages,
    tools,
    thread: false,
  });
  const last = await runner;

  expect(last.content.at(-1)).toMatchObject({
    type: 'text',
    text: expect.stringContaining('rounded to whole seconds once') as string,
  });
  expect(await failures(dir)).toEqual([]);
  expect((await runGitClient(dir, 'status', '--porcelain')).output).toBe(' M src/format.js\n');
  expect(await readFile(join(dir, 'src/format.js'), 'utf8')).not.toContain('isLast');
  expect(model.calls).toHaveLength(5);
  for (const tool of tools) {
    await tool.close?.();
  }
});
