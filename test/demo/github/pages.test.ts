import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import { AT, client, NAME, openLocal } from './open-local.ts';

let github: LocalGitHub;
beforeEach(async () => {
  github = await openLocal();
});
afterEach(() => github.close());

async function page(url: string): Promise<{ status: number; text: string; policy: string | null }> {
  const response = await fetch(url, { headers: { accept: 'text/html' } });
  return {
    status: response.status,
    text: await response.text(),
    policy: response.headers.get('content-security-policy'),
  };
}

test('an issue page shows the conversation as rendered markdown', async () => {
  const { number } = github.openIssue(NAME, {
    as: 'eve',
    title: 'Slow <fast>',
    body: '- [x] **bold** thing',
    labels: ['bug'],
  });
  const comment = github.comment({ repository: NAME, number }, { as: 'bea', body: 'Looks `fine`' });
  github.reactToComment({ repository: NAME, id: comment.id }, { as: 'ada', content: 'eyes' });
  const { data } = await client(github).rest.issues.get({ ...AT, issue_number: number });
  const { text, status } = await page(data.html_url);
  expect(status).toBe(200);
  expect(text).toContain('Slow &lt;fast&gt;');
  expect(text).toContain('<strong>bold</strong>');
  expect(text).toContain('Looks <code>fine</code>');
  expect(text).toContain('👀 1');
  expect(text).toContain(`id="issuecomment-${comment.id}"`);
});

test.each([
  ['a script', '<script>alert(1)</script>', '<script'],
  ['an event handler', '<img src=x onerror=alert(1)>', '<img'],
  ['a javascript link', '[x](javascript:alert(1))', 'href="javascript:'],
  ['an HTML comment', 'a <!-- unseen --> b\n\n<!-- unseen\n\nunseen -->', 'unseen'],
  ['an iframe inside details', '<details><iframe src="//x"></details>', '<iframe'],
])('%s in a comment stays harmless', async (_what, body, forbidden) => {
  const { number } = github.openIssue(NAME, { as: 'eve', title: 'x', body });
  const { text, policy } = await page(`${github.url}/${NAME}/issues/${number}`);
  expect(text).not.toContain(forbidden);
  expect(policy).toContain("default-src 'none'");
});

test('code keeps its comments, and folded parts fold', async () => {
  const body = '```html\n<!-- kept -->\n```\n\n<details><summary>More</summary>\n\n**inside**\n\n</details>';
  const { number } = github.openIssue(NAME, { as: 'eve', title: 'x', body });
  const { text } = await page(`${github.url}/${NAME}/issues/${number}`);
  expect(text).toContain('&lt;!-- kept --&gt;');
  expect(text).toMatch(/<details><summary>More<\/summary>\s*<p><strong>inside<\/strong><\/p>\s*<\/details>/);
});

test('a pull request page shows commits, checks and the difference; its check has a page too', async () => {
  const { sha } = await github.pushCommit(NAME, {
    as: 'bea',
    branch: 'topic',
    files: { 'src/a.txt': 'two\n' },
    message: 'Say two',
  });
  const { number } = await github.openPull(NAME, { as: 'bea', title: 'Two', head: 'topic', draft: true });
  const octokit = client(github, github.createInstallationToken(NAME));
  const output = { title: 'Completed for 0.02 USD', summary: '| what | how much |\n|---|---|\n| cost | 0.02 |' };
  const { data: run } = await octokit.rest.checks.create({
    ...AT,
    name: 'Bosun',
    head_sha: sha,
    conclusion: 'success',
    output,
  });
  const { text } = await page(`${github.url}/${NAME}/pull/${number}`);
  for (const part of [
    'Draft',
    'Say two',
    'Completed for 0.02 USD',
    '<div class="d">-one</div>',
    '<div class="a">+two</div>',
  ]) {
    expect(text).toContain(part);
  }
  const check = await page(run.html_url ?? '');
  expect(check.text).toContain('<td>0.02</td>');
  expect((await page(`${github.url}/${NAME}/pull/${number}.diff`)).text).toContain('+two');
});

test('home, repository, lists and raw files are there; the rest is a page that explains it', async () => {
  github.openIssue(NAME, { as: 'eve', title: 'One issue' });
  expect((await page(github.url)).text).toContain('ada/engine');
  expect((await page(`${github.url}/${NAME}`)).text).toContain('<h1>Engine</h1>');
  expect((await page(`${github.url}/${NAME}/issues`)).text).toContain('One issue');
  expect((await page(`${github.url}/${NAME}/raw/main/src/a.txt`)).text).toBe('one\n');
  expect((await page(`${github.url}/${NAME}/wiki`)).status).toBe(404);
  expect((await page(`${github.url}/nobody/nothing`)).status).toBe(404);
});
