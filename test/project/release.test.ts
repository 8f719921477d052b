import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = new URL('../..', import.meta.url);

interface Workflow {
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly permissions: Readonly<Record<string, string>>;
        readonly steps: readonly { readonly run?: string; readonly uses?: string; readonly with?: object }[];
      }
    >
  >;
}

function readWorkflow(): Workflow {
  return parse(readFileSync(new URL('.github/workflows/release.yml', root), 'utf8')) as Workflow;
}

test('the job of a release that may sign or write installs nothing', () => {
  const jobs = Object.values(readWorkflow().jobs);
  const mayWrite = jobs.filter(({ permissions }) => Object.values(permissions).includes('write'));
  expect(mayWrite).toHaveLength(1);
  const commands = mayWrite.flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  expect(commands.filter((command) => /npm (?:ci|i|install|run|exec)|npx|node_modules/.test(command))).toEqual([]);
});

test('a release is attested, with the list of what ships', () => {
  const steps = Object.values(readWorkflow().jobs).flatMap((job) => job.steps);
  const attested = steps.filter(({ uses }) => uses?.startsWith('actions/attest@'));
  expect(attested.map((step) => step.with)).toEqual([
    { 'subject-path': 'release/*' },
    { 'subject-path': 'release/bosun-*.tar.gz', 'sbom-path': 'release/bosun.cdx.json' },
  ]);
});

test('the command of the workflow lists every runtime dependency', { timeout: 60_000 }, async () => {
  const steps = Object.values(readWorkflow().jobs).flatMap((job) => job.steps);
  const command = steps.flatMap(({ run }) => run ?? []).find((run) => run.startsWith('npm sbom')) ?? '';
  const args = command.slice('npm '.length, command.indexOf(' > ')).split(' ');
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root, maxBuffer: 1 << 26 });
  const names = (JSON.parse(stdout) as { components: { name: string }[] }).components.map(({ name }) => name);
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(Object.keys(dependencies).filter((name) => !names.includes(name))).toEqual([]);
});
