import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseEnv } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { REQUIRED_EVENTS, REQUIRED_PERMISSIONS } from '../../app/cli/doctor/required-access.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';

const BOSUN = new URL('../../app/cli/bosun.ts', import.meta.url).pathname;
const PUBLIC_URL = 'https://bosun.example.com';

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-setup-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

interface Running {
  /** The address of the page, once the command has printed it. */
  readonly page: Promise<string>;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function setup(args: readonly string[], github: { apiUrl: string; url: string }): Running {
  const { HOME = '/', PATH = '' } = process.env;
  const env = { HOME, PATH, GITHUB_API_URL: github.apiUrl, GITHUB_SERVER_URL: github.url };
  const child = spawn(process.execPath, [BOSUN, 'setup', ...args], { env });
  onTestFinished(() => void child.kill('SIGKILL'));
  const page = Promise.withResolvers<string>();
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    const [found] = /http:\/\/127\.0\.0\.1:\d+\//.exec(line) ?? [];
    if (found !== undefined) {
      page.resolve(found);
    }
  });
  const stdout: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout: Buffer.concat(stdout).toString(),
    stderr: lines.join('\n'),
  }));
  return { page: page.promise, ended };
}

interface Form {
  readonly action: string;
  readonly fields: URLSearchParams;
}

/** The form of a page as a browser would send it. */
function readForm(html: string, base: string): Form {
  const decode = (text: string): string =>
    text.replaceAll(/&(?:#(\d+)|quot|amp|lt|gt);/g, (entity, code: string | undefined) =>
      code === undefined
        ? ({ '&quot;': '"', '&amp;': '&', '&lt;': '<', '&gt;': '>' }[entity] ?? entity)
        : String.fromCharCode(Number(code)),
    );
  const action = decode(/<form[^>]* action="([^"]*)"/.exec(html)?.[1] ?? '');
  const fields = new URLSearchParams();
  for (const [, name = '', value = ''] of html.matchAll(/<input[^>]* name="([^"]*)"[^>]* value="([^"]*)"/g)) {
    fields.set(name, decode(value));
  }
  return { action: new URL(action, base).href, fields };
}

async function open(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/** Presses both buttons: ours, and the one on GitHub's page. Returns where GitHub sends the browser. */
async function press(page: string, name?: string): Promise<string> {
  const first = readForm(await open(page), page);
  const asked = await fetch(first.action, { method: 'POST', body: first.fields });
  const confirm = readForm(await asked.text(), first.action);
  if (name !== undefined) {
    confirm.fields.set('name', name);
  }
  const made = await fetch(confirm.action, { method: 'POST', body: confirm.fields, redirect: 'manual' });
  expect(made.status).toBe(302);
  return made.headers.get('location') ?? '';
}

async function withGitHub(): Promise<LocalGitHub> {
  const github = await createLocalGitHub();
  onTestFinished(() => github.close());
  return github;
}

describe('bosun setup', () => {
  test('creates the App with exactly the access it needs, and stores its secrets for this user alone', async () => {
    const github = await withGitHub();
    const directory = await makeDirectory();
    const running = setup(['--url', PUBLIC_URL, '--directory', directory, '--json'], github);
    const shown = await open(await press(await running.page, 'Harbor Bosun'));
    expect(shown).toContain('The App was created');
    expect(shown).toContain(`${github.url}/apps/harbor-bosun/installations/new`);
    const { code, stderr, stdout } = await running.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(stdout)).toEqual({
      app_id: github.app.id,
      slug: 'harbor-bosun',
      url: `${github.url}/apps/harbor-bosun`,
      install_url: `${github.url}/apps/harbor-bosun/installations/new`,
      settings: path.join(directory, 'bosun.env'),
      private_key: path.join(directory, 'bosun-app.pem'),
      intake: 'webhook',
    });
    expect(github.world.app).toMatchObject({ permissions: REQUIRED_PERMISSIONS, events: REQUIRED_EVENTS });
    const settings = parseEnv(await readFile(path.join(directory, 'bosun.env'), 'utf8'));
    expect(settings).toMatchObject({
      APP_ID: String(github.app.id),
      PRIVATE_KEY_PATH: path.join(directory, 'bosun-app.pem'),
      WEBHOOK_SECRET: expect.stringMatching(/^[0-9a-f]{40}$/),
      GITHUB_CLIENT_SECRET: expect.stringMatching(/^[0-9a-f]{40}$/),
      GITHUB_API_URL: github.apiUrl,
      BOSUN_URL: PUBLIC_URL,
    });
    expect(await readFile(path.join(directory, 'bosun-app.pem'), 'utf8')).toBe(github.app.privateKey);
    for (const file of ['bosun.env', 'bosun-app.pem']) {
      expect((await stat(path.join(directory, file))).mode & 0o777).toBe(0o600);
    }
    for (const secret of [settings['WEBHOOK_SECRET'], settings['GITHUB_CLIENT_SECRET']]) {
      expect(`${stdout}${stderr}${shown}`).not.toContain(secret);
    }
  });

  test('makes a server without an address poll for what GitHub cannot deliver', async () => {
    const github = await withGitHub();
    github.createUser({ login: 'harbor-tools', type: 'Organization' });
    const directory = await makeDirectory();
    const running = setup(['--organization', 'harbor-tools', '--directory', directory], github);
    await open(await press(await running.page));
    const { stdout } = await running.ended;
    expect(stdout).toContain('asked for new events every few seconds');
    expect(github.world.app.owner.login).toBe('harbor-tools');
    const settings = parseEnv(await readFile(path.join(directory, 'bosun.env'), 'utf8'));
    expect(settings).toMatchObject({ BOSUN_INTAKE: 'poll', WEBHOOK_SECRET: expect.stringMatching(/./) });
    expect(settings['BOSUN_URL']).toBeUndefined();
  });

  test('takes no code of another page, and no request under another name', async () => {
    const github = await withGitHub();
    const directory = await makeDirectory();
    const running = setup(['--url', PUBLIC_URL, '--directory', directory], github);
    const page = await running.page;
    const forged = await fetch(new URL('/created?code=stolen&state=guess', page));
    expect(forged.status).toBe(400);
    const answer = new URL(await press(page));
    answer.searchParams.set('state', 'other');
    expect((await fetch(answer)).status).toBe(400);
    expect((await fetch(page, { method: 'POST' })).status).toBe(400);
    await open(await press(page));
    expect((await running.ended).code).toBe(0);
  });

  test('says what to do when GitHub does not know the code', async () => {
    const github = await withGitHub();
    const running = setup(['--url', PUBLIC_URL, '--directory', await makeDirectory()], github);
    const back = await press(await running.page);
    github.faults.add({ method: 'POST', path: /conversions$/, status: 404 });
    expect(await open(back)).toContain('The App was not stored');
    const { code, stderr } = await running.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('run `bosun setup` again');
  });

  test.each<[string, string[], string]>([
    ['an address without TLS', ['--url', 'http://bosun.example.com'], '--url needs an https address'],
    ['an address that is none', ['--url', 'bosun'], '--url needs an https address'],
    ['a port that is none', ['--port', 'x'], '--port needs a number'],
  ])('refuses %s', async (_name, args, problem) => {
    const ended = await setup(args, { apiUrl: 'http://127.0.0.1:9', url: 'http://127.0.0.1:9' }).ended;
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining(problem) });
  });

  test('overwrites no App that is there already', async () => {
    const directory = await makeDirectory();
    await writeFile(path.join(directory, 'bosun.env'), 'APP_ID=1\n');
    const ended = await setup(['--directory', directory], { apiUrl: 'http://127.0.0.1:9', url: 'http://127.0.0.1:9' })
      .ended;
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('bosun.env exist already') });
    expect(await readFile(path.join(directory, 'bosun.env'), 'utf8')).toBe('APP_ID=1\n');
  });
});
