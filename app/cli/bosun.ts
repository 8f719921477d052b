import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { loadCommands } from './commands.ts';
import { EXIT } from './exit-codes.ts';
import { createOutput, type Output } from './output.ts';
import { parseArguments } from './parse-arguments.ts';
import { renderCommandHelp, renderUsage } from './usage.ts';
import { readVersion } from './version.ts';

/**
 * The command line. Exit codes: 0 done, 1 it failed, 2 the call was wrong. Results go to stdout, everything else to
 * stderr, so that `--json` can be piped.
 */
async function main(args: readonly string[]): Promise<number> {
  const commands = await loadCommands(args[0]);
  const parsed = parseArguments(args, commands);
  const output = createOutput({ json: parsed.kind === 'run' && parsed.flags['json'] === true });
  switch (parsed.kind) {
    case 'version':
      output.result(readVersion());
      return EXIT.done;
    case 'usage':
      output.result(renderUsage(commands));
      return EXIT.done;
    case 'help':
      output.result(renderCommandHelp(parsed.command));
      return EXIT.done;
    case 'mistake':
      output.problem(parsed.message, parsed.remedy);
      return EXIT.usage;
    case 'run':
      return parsed.command.run({ args: parsed.args, flags: parsed.flags, output });
  }
}

async function guarded(): Promise<number> {
  try {
    return await main(loadSettings(process.argv.slice(2)));
  } catch (error) {
    reportUnexpected(createOutput({ json: false }), error);
    return EXIT.failed;
  }
}

/**
 * Takes `--env-file PATH` in front of the command, and adds its settings to those of the environment, which win. There
 * is no file that is read without being named: one in a stranger's repository could send the model key elsewhere.
 */
function loadSettings(args: readonly string[]): readonly string[] {
  const [flag, file, ...rest] = args;
  if (flag !== '--env-file' || file === undefined) {
    return args;
  }
  try {
    process.loadEnvFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`--env-file ${file} cannot be read: ${reason}`, { cause: error });
  }
  return rest;
}

function reportUnexpected(output: Output, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  output.problem(message, 'If the message above does not help, run `bosun doctor`.');
}

// Compiling its modules is most of the time a command takes to start. Not in the temporary directory, which other users write to.
enableCompileCache(path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'bosun', 'compiled'));

// The reader of a pipe may be gone, such as `tee` after Ctrl-C; what runs still has to shut down.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }
  });
}
process.exitCode = await guarded();
