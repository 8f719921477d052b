import { parseServerConfig, readEnv, type ServerConfig } from '../config/server-config.ts';
import { missingForStart } from '../config/app-settings.ts';
import { renderConfigProblem } from '../config/setting.ts';
import { startBosun, type Bosun } from '../main.ts';
import type { CliCommand } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { nextSignal } from './next-signal.ts';
import type { Output } from './output.ts';
import { readVersion } from './version.ts';

/** `bosun start`: the App with the settings of the environment, until it is told to stop. */
export const startCommand: CliCommand = {
  name: 'start',
  summary: 'Run the App with the settings of the environment',
  positional: [],
  flags: {},
  examples: ['bosun start', 'BOSUN_ROLES=web,door bosun start'],
  async run({ output }) {
    const parsed = parseServerConfig(readEnv());
    const problems = parsed.ok ? missingForStart(parsed.config) : parsed.problems;
    if (!parsed.ok || problems.length > 0) {
      for (const problem of problems) {
        output.problem(renderConfigProblem(problem), '');
      }
      output.progress('Nothing was started. `bosun doctor` checks all settings; docs/configuration.md describes each.');
      return EXIT.usage;
    }
    parsed.warnings.forEach((warning) => output.progress(`warning: ${warning}`));
    return serve(parsed.config, output);
  },
};

async function serve(config: ServerConfig, output: Output): Promise<number> {
  const bosun = await startBosun(config, {
    version: readVersion(),
    onProgress: (sentence) => output.progress(sentence),
  });
  output.progress(
    config.roles.includes('web')
      ? `Bosun runs at ${bosun.url}; deliveries go to ${config.http.publicUrl ?? bosun.url}/api/github/webhooks.`
      : `Bosun runs as ${config.roles.join(', ')}; its probes and metrics are at ${bosun.url}.`,
  );
  const signal = await nextSignal();
  output.progress(`${signal}: shutting down. Workers save their work first; this takes up to 15 seconds.`);
  return stopOnce(bosun, output);
}

async function stopOnce(bosun: Bosun, output: Output): Promise<number> {
  const impatient = nextSignal().then((signal) => {
    output.progress(`${signal} again: exiting now. The next start resumes everything.`);
    process.exit(EXIT.failed);
  });
  void impatient;
  await bosun.stop();
  return EXIT.done;
}
