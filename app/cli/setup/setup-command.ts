import path from 'node:path';
import { parseServerConfig, readEnv } from '../../config/server-config.ts';
import { renderConfigProblem } from '../../config/setting.ts';
import { convertManifest, type CreatedApp } from '../../github/convert-manifest.ts';
import { REQUEST_TIMEOUT_MS } from '../../github/create-github-app.ts';
import { systemClock } from '../../main/system.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { nextSignal } from '../next-signal.ts';
import type { Output } from '../output.ts';
import { WEBHOOK_PATH } from '../../main.ts';
import { readVersion } from '../version.ts';
import { buildManifest, manifestAction } from './manifest.ts';
import { serveSetup } from './serve-setup.ts';
import { appFilesIn, findExisting, storeApp, type AppFiles } from './store-app.ts';

/** `bosun setup`: creates the GitHub App in the browser and stores its key and secrets. */
export const setupCommand: CliCommand = {
  name: 'setup',
  summary: 'Create the GitHub App with one click and store its settings',
  positional: [],
  flags: {
    url: {
      type: 'string',
      value: 'URL',
      description: 'https address at which GitHub reaches this server; without it the server polls',
    },
    organization: { type: 'string', value: 'NAME', description: 'create it for an organization instead of yourself' },
    name: { type: 'string', value: 'NAME', description: 'name of the App (bosun by default); unique on GitHub' },
    directory: { type: 'string', value: 'PATH', description: 'where bosun.env and bosun-app.pem go (here by default)' },
    port: { type: 'string', value: 'N', description: 'port of the page on this machine (any free one by default)' },
    json: { type: 'boolean', description: 'print one JSON document' },
  },
  examples: [
    'bosun setup --url https://bosun.example.com',
    'bosun setup --organization acme --url https://bosun.acme.dev',
  ],
  async run({ flags, output }) {
    const text = (flag: string): string | null => (typeof flags[flag] === 'string' ? flags[flag] : null);
    const publicUrl = text('url');
    const port = Number(text('port') ?? 0);
    const wrong = findMistake({ publicUrl, port });
    if (wrong !== null) {
      output.problem(wrong, 'Run `bosun setup --help` to see its arguments.');
      return EXIT.usage;
    }
    const parsed = parseServerConfig({ ...pickGitHub(readEnv()) });
    if (!parsed.ok) {
      parsed.problems.forEach((problem) => output.problem(renderConfigProblem(problem), ''));
      return EXIT.usage;
    }
    const files = appFilesIn(path.resolve(text('directory') ?? '.'));
    const existing = await findExisting(files);
    if (existing.length > 0) {
      output.problem(
        `${existing.join(' and ')} exist already, from an earlier setup`,
        'Keep using that App, or move the files away, or choose another place with --directory.',
      );
      return EXIT.usage;
    }
    const { apiUrl, serverUrl } = parsed.config.github;
    return createApp(
      { files, apiUrl, serverUrl, publicUrl, port, name: text('name') ?? 'bosun', organization: text('organization') },
      output,
    );
  },
};

interface Wanted {
  readonly files: AppFiles;
  readonly apiUrl: string;
  readonly serverUrl: string;
  readonly publicUrl: string | null;
  readonly port: number;
  readonly name: string;
  readonly organization: string | null;
}

async function createApp(wanted: Wanted, output: Output): Promise<number> {
  const { files, name, publicUrl } = wanted;
  const server = await serveSetup({
    port: wanted.port,
    action: manifestAction(wanted.serverUrl, wanted.organization),
    manifest: (redirectUrl) => buildManifest({ name, publicUrl, redirectUrl }),
  });
  try {
    output.progress(`Open ${output.strong(server.url)} and press the button; GitHub then asks you to confirm.`);
    const code = await Promise.race([server.code, nextSignal().then((signal) => ({ signal }))]);
    if (typeof code !== 'string') {
      output.progress(`${code.signal}: nothing was created.`);
      return EXIT.failed;
    }
    const converted = await convertManifest(code, {
      apiUrl: wanted.apiUrl,
      userAgent: `bosun/${readVersion()}`,
      timeoutMs: REQUEST_TIMEOUT_MS,
      clock: systemClock,
    });
    if (!converted.ok) {
      const text = `GitHub did not hand over the App: ${converted.problem.message}`;
      server.finish({ title: 'The App was not stored', text, link: { url: server.url, text: 'Start again' } });
      output.problem(text, 'Delete the new App on GitHub if there is one, and run `bosun setup` again.');
      return EXIT.failed;
    }
    const app = converted.value;
    await storeApp(app, wanted);
    server.finish({
      title: 'The App was created',
      text: `Its key and secrets are in ${files.settings} and ${files.privateKey}. One step is left: install it on your repositories.`,
      link: { url: installUrl(app), text: `Install ${app.slug}` },
    });
    report(app, wanted, output);
    return EXIT.done;
  } finally {
    await server.close();
  }
}

function report(app: CreatedApp, { files, publicUrl }: Wanted, output: Output): void {
  if (output.json) {
    output.document({
      app_id: app.id,
      slug: app.slug,
      url: app.url,
      install_url: installUrl(app),
      settings: files.settings,
      private_key: files.privateKey,
      intake: publicUrl === null ? 'poll' : 'webhook',
    });
    return;
  }
  output.result(
    [
      `${output.good('Created')} the App ${output.strong(app.slug)}; its settings are in ${files.settings} (mode 0600).`,
      '',
      `  1. install it on your repositories: ${installUrl(app)}`,
      `  2. put the key of your model provider into ${files.settings}`,
      `  3. check and start: npx bosun --env-file ${files.settings} doctor`,
      `                      npx bosun --env-file ${files.settings} start`,
      '',
      publicUrl === null
        ? 'Without --url GitHub does not have to reach this server: it is asked for new events every few seconds.'
        : `GitHub delivers to ${publicUrl}${WEBHOOK_PATH}; that has to reach HOST and PORT of this server.`,
      'Then comment `/implement` on an issue.',
      '',
    ].join('\n'),
  );
}

function installUrl(app: CreatedApp): string {
  return `${app.url}/installations/new`;
}

function findMistake({ port, publicUrl }: { publicUrl: string | null; port: number }): string | null {
  if (publicUrl !== null && !/^https:$/.test(URL.parse(publicUrl)?.protocol ?? '')) {
    return `--url needs an https address, found "${publicUrl}"`;
  }
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? null : '--port needs a number up to 65535';
}

/** Which GitHub it is; no other setting matters yet. */
function pickGitHub(env: ReturnType<typeof readEnv>): Record<string, string> {
  return Object.fromEntries(
    ['GITHUB_API_URL', 'GITHUB_SERVER_URL'].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
}
