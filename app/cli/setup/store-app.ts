import { access, open } from 'node:fs/promises';
import path from 'node:path';
import type { CreatedApp } from '../../github/convert-manifest.ts';

export interface AppFiles {
  /** Settings, one `NAME=value` a line. */
  readonly settings: string;
  readonly privateKey: string;
}

export function appFilesIn(directory: string): AppFiles {
  return { settings: path.join(directory, 'bosun.env'), privateKey: path.join(directory, 'bosun-app.pem') };
}

/** The files that are there already; they hold an App that must not be lost. */
export async function findExisting(files: AppFiles): Promise<string[]> {
  const found: string[] = [];
  for (const file of Object.values(files) as string[]) {
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    found.push(...(isThere ? [file] : []));
  }
  return found;
}

/** Writes both files, readable by this user alone. Never overwrites one. */
export async function storeApp(
  app: CreatedApp,
  to: {
    readonly files: AppFiles;
    readonly apiUrl: string;
    readonly serverUrl: string;
    readonly publicUrl: string | null;
  },
): Promise<void> {
  const { files, publicUrl } = to;
  await writePrivate(files.privateKey, app.privateKey);
  const isGitHubCom = to.serverUrl === 'https://github.com';
  const lines = [
    `# The GitHub App ${app.slug} (${app.url}), made by \`bosun setup\`. Keep this file secret.`,
    `APP_ID=${app.id}`,
    `PRIVATE_KEY_PATH=${quote(files.privateKey)}`,
    app.webhookSecret === null ? '# WEBHOOK_SECRET=' : `WEBHOOK_SECRET=${app.webhookSecret}`,
    `GITHUB_CLIENT_ID=${app.clientId}`,
    `GITHUB_CLIENT_SECRET=${app.clientSecret}`,
    ...(isGitHubCom ? [] : [`GITHUB_API_URL=${to.apiUrl}`, `GITHUB_SERVER_URL=${to.serverUrl}`]),
    publicUrl === null ? 'BOSUN_INTAKE=poll' : `BOSUN_URL=${publicUrl}`,
    '# The key of the model provider:',
    '# ANTHROPIC_API_KEY=',
    '',
  ];
  await writePrivate(files.settings, lines.join('\n'));
}

async function writePrivate(file: string, content: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(content.endsWith('\n') ? content : `${content}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** As both a shell and Node's `--env-file` read it. */
function quote(value: string): string {
  return /^[\w./-]+$/.test(value) ? value : `"${value}"`;
}
