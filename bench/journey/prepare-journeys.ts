import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { checkSandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import { createScriptedModel, type ScriptedModel } from '../../demo/model/create-scripted-model.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { makeDirectory } from '../frame/make-directory.ts';
import type { BenchOptions } from '../frame/report.ts';
import { startChild, type Child } from '../frame/start-child.ts';
import { readStartFlags } from './read-start-flags.ts';
import type { Defer } from '../frame/with-clean-up.ts';

export const REPOSITORY = 'harbor-tools/tide-tables';
export const MAINTAINER = 'mira';

/** A GitHub and an instant model in this process, Bosun in one of its own. */
export interface JourneySetup {
  readonly github: LocalGitHub;
  readonly model: ScriptedModel;
  readonly bosun: Child;
  readonly compute: 'sandbox' | 'process';
}

/** Two turns: one file written, then done. Nothing is thought about, so that what is left is overhead. */
const SCRIPT: ModelScript = (_request, { turn }) =>
  turn === 0
    ? {
        text: 'I will write it down.',
        toolUse: [{ name: 'write', input: { file_path: 'NOTES.md', content: 'High water.\n' } }],
      }
    : { text: 'The notes are written.' };

export async function prepareJourneys(options: BenchOptions, defer: Defer): Promise<JourneySetup> {
  const place = makeDirectory();
  defer(place.remove);
  const github = await createLocalGitHub();
  defer(() => github.close());
  const model = await createScriptedModel({ script: SCRIPT });
  defer(() => model.close());
  github.createUser({ login: MAINTAINER });
  github.createUser({ login: 'harbor-tools', type: 'Organization' });
  await github.createRepository({ owner: 'harbor-tools', name: 'tide-tables', files: makeFiles() });
  github.setPermission(REPOSITORY, MAINTAINER, 'maintain');
  const compute = (await checkSandbox()).ok ? 'sandbox' : 'process';
  const bosun = startChild('run-bosun', { ...options, flags: readStartFlags() });
  defer(() => bosun.stop());
  const secret = randomBytes(24).toString('hex');
  const { webhookUrl } = await bosun.call<{ webhookUrl: string }>('start', {
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    WEBHOOK_SECRET: secret,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: github.url,
    PORT: '0',
    BOSUN_DATA_DIR: path.join(place.directory, 'data'),
    ANTHROPIC_API_KEY: model.key,
    ANTHROPIC_BASE_URL: model.url,
    BOSUN_COMPUTE: compute,
    BOSUN_TASKS_PER_USER_PER_HOUR: '1000',
    BOSUN_BUDGET_REPOSITORY_DAY: 'none',
    BOSUN_BUDGET_REPOSITORY_MONTH: 'none',
    BOSUN_BUDGET_SERVER_DAY: 'none',
  });
  github.setWebhook({ url: webhookUrl, secret });
  return { github, model, bosun, compute };
}

/** A repository of a few hundred files, so that a clone is not free. */
function makeFiles(): Record<string, string> {
  const files: Record<string, string> = { 'README.md': '# Tide tables\n' };
  for (let index = 0; index < 300; index += 1) {
    const lines = Array.from({ length: 40 }, (_, line) => `export const tide${index}x${line} = ${index * line};`);
    files[`src/port-${index % 20}/tide-${index}.js`] = `${lines.join('\n')}\n`;
  }
  return files;
}
