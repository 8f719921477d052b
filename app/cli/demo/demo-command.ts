import { demoScript } from '../../../demo/demo-script.ts';
import { story } from '../../../demo/story.ts';
import { checkSandbox } from '../../compute/sandbox/check-sandbox.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import { openStage, type Stage } from './open-stage.ts';
import { playAction, type ActionJourney } from './play-action.ts';
import { hasSucceeded, playJourney, type Journey } from './play-journey.ts';
import { renderEvent, renderJourney } from './render-journey.ts';

/** `bosun demo`: the whole journey on this machine: a local GitHub, a scripted model, a real worker, real git. */
export const demoCommand: CliCommand = {
  name: 'demo',
  summary: 'Play the whole journey on this machine, without account or key',
  positional: [],
  flags: {
    once: { type: 'boolean', description: 'end when the journey ends, instead of staying up to be looked at' },
    json: { type: 'boolean', description: 'print one JSON document (implies --once)' },
    process: { type: 'boolean', description: 'run the worker as a plain process, without the sandbox' },
    action: { type: 'boolean', description: 'play it with the GitHub Action, as a runner would start it' },
  },
  examples: ['bosun demo', 'bosun demo --once --json | jq .pull_request.url', 'bosun demo --action --once'],
  async run({ flags, output }) {
    if (flags['action'] === true) {
      return demoAction({ output, once: flags['once'] === true || output.json, process: flags['process'] === true });
    }
    const compute = await chooseCompute({ asked: flags['process'] === true ? 'process' : 'sandbox', output });
    output.progress(output.quiet('Starting a local GitHub, a scripted model and Bosun with its own PostgreSQL …'));
    const stage = await openStage({
      script: demoScript,
      compute,
      onProgress: (line) => output.progress(output.quiet(line)),
    });
    try {
      return await play(stage, { output, once: flags['once'] === true || output.json });
    } finally {
      await stage.close();
    }
  },
};

async function play(stage: Stage, options: { output: Output; once: boolean }): Promise<number> {
  const { output } = options;
  output.progress(
    `${story.maintainer} writes ${output.strong(story.command)} on an issue of ${story.repository}: "${story.issue.title}"`,
  );
  const journey = await playJourney(stage, {
    onEvent: (event, sinceMs) => {
      const line = renderEvent(event, { sinceMs, output });
      if (line !== null) {
        output.progress(line);
      }
    },
  });
  if (output.json) {
    output.document(journey);
  } else {
    output.result(renderJourney(journey, output));
  }
  if (!options.once) {
    await lookAround(journey, output);
  }
  return hasSucceeded(journey) ? EXIT.done : EXIT.failed;
}

async function demoAction(options: { output: Output; once: boolean; process: boolean }): Promise<number> {
  const { output } = options;
  output.progress(output.quiet('Starting a local GitHub, a scripted model, and the Action as a runner would …'));
  output.progress(
    `${story.maintainer} writes ${output.strong(story.command)} on an issue of ${story.repository}: "${story.issue.title}"`,
  );
  const { journey, close } = await playAction({
    compute: options.process ? 'process' : null,
    onLine: (line) => output.progress(`${output.quiet('action │')} ${printable(line)}`),
  });
  try {
    if (output.json) {
      output.document(journey);
    } else {
      output.result(renderJourney(journey, output));
      output.result(renderRun(journey.action, output));
    }
    if (!options.once) {
      await lookAround(journey, output);
    }
    return hasSucceeded(journey) && journey.action.exit_code === 0 ? EXIT.done : EXIT.failed;
  } finally {
    await close();
  }
}

/** What only a workflow run has: its exit code, its outputs, and the summary on its page. */
function renderRun(run: ActionJourney['action'], output: Output): string {
  const outputs = Object.entries(run.outputs).map(([name, value]) => `  ${name.padEnd(12)}  ${value}`);
  const summary = run.summary
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`);
  return [
    output.strong(`Outputs of the step (exit code ${run.exit_code ?? 'none'})`),
    '',
    ...outputs,
    '',
    output.strong('Summary of the job'),
    '',
    ...summary,
    '',
  ].join('\n');
}

async function lookAround(journey: Journey, output: Output): Promise<void> {
  output.progress(`Everything stays up until you press Ctrl-C. Start with ${journey.issue_url}`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve());
    }
  });
}

/** The demo goes on without the sandbox where there is none, and says so. */
async function chooseCompute(options: {
  asked: 'sandbox' | 'process';
  output: Output;
}): Promise<'sandbox' | 'process'> {
  if (options.asked === 'process') {
    return 'process';
  }
  const check = await checkSandbox();
  if (check.ok) {
    return 'sandbox';
  }
  options.output.progress(
    `warning: no sandbox here (${check.reason}); the demo's worker runs as a plain process. ${check.remedy}`,
  );
  return 'process';
}
