import { COMMANDS } from './commands.ts';
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
  const parsed = parseArguments(args, COMMANDS);
  const output = createOutput({ json: parsed.kind === 'run' && parsed.flags['json'] === true });
  switch (parsed.kind) {
    case 'version':
      output.result(readVersion());
      return EXIT.done;
    case 'usage':
      output.result(renderUsage(COMMANDS));
      return EXIT.done;
    case 'help':
      output.result(renderCommandHelp(parsed.command));
      return EXIT.done;
    case 'mistake':
      output.problem(parsed.message, 'Run `bosun --help` to see what may be said.');
      return EXIT.usage;
    case 'run':
      return parsed.command.run({ args: parsed.args, flags: parsed.flags, output });
  }
}

async function guarded(): Promise<number> {
  try {
    return await main(process.argv.slice(2));
  } catch (error) {
    reportUnexpected(createOutput({ json: false }), error);
    return EXIT.failed;
  }
}

function reportUnexpected(output: Output, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  output.problem(message, 'If the sentence above does not tell what to do, run `bosun doctor`.');
}

process.exitCode = await guarded();
