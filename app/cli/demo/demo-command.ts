import path from 'node:path';
import { anyRepositoryScript } from '../../../demo/any-repository.ts';
import { demoScript } from '../../../demo/demo-script.ts';
import { reviewStoryScript } from '../../../demo/review-story.ts';
import { story } from '../../../demo/story.ts';
import { readEnv } from '../../config/server-config.ts';
import { checkSandbox } from '../../compute/sandbox/check-sandbox.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { nextSignal } from '../next-signal.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import { startDemoServers, type DemoServers, type DemoServersOptions } from './start-demo-servers.ts';
import { runActionJourney, type ActionJourney } from './run-action-journey.ts';
import { hasSucceeded, runJourney } from './run-journey.ts';
import { renderEvent, renderJourney } from './render-journey.ts';
import { renderReviewStory } from './render-review-story.ts';
import { hasStorySucceeded, runReviewStory } from './run-review-story.ts';
import { pickWorkerSettings } from './worker-settings.ts';

/** `bosun demo`: the whole journey on this machine: a local GitHub, a scripted model, a real worker, real git. */
export const demoCommand: CliCommand = {
  name: 'demo',
  summary: 'Run the whole process on this machine, without an account or key',
  positional: [],
  flags: {
    once: { type: 'boolean', description: 'exit when the task has ended instead of serving the results' },
    json: { type: 'boolean', description: 'print one JSON document (implies --once)' },
    process: { type: 'boolean', description: 'run the worker as a plain process, without the sandbox' },
    repository: {
      type: 'string',
      value: 'PATH',
      description: 'use a git repository of this machine: run its set-up, change a file, run its tests',
    },
    story: {
      type: 'string',
      value: 'NAME',
      description: 'another story: "review" sends work back, finds a bug in it and fixes it',
    },
    action: { type: 'boolean', description: 'use the GitHub Action, started as a runner would' },
  },
  examples: [
    'bosun demo',
    'bosun demo --once --json | jq .pull_request.url',
    'bosun demo --repository . --once',
    'bosun demo --story review --once',
    'bosun demo --action --once',
  ],
  async run({ flags, output }) {
    const stay = flags['once'] !== true && !output.json;
    const asked = flags['process'] === true ? 'process' : 'sandbox';
    const repository = typeof flags['repository'] === 'string' ? path.resolve(flags['repository']) : null;
    if (repository !== null && flags['action'] === true) {
      output.problem('--repository and --action cannot be combined', 'Leave one of them out.');
      return EXIT.usage;
    }
    if (
      flags['story'] !== undefined &&
      (flags['story'] !== 'review' || repository !== null || flags['action'] === true)
    ) {
      output.problem(
        '--story takes "review", without --repository and --action',
        'Run `bosun demo --help` to see the options.',
      );
      return EXIT.usage;
    }
    if (flags['story'] === 'review') {
      return demoReviewStory({ asked, output, stay });
    }
    return flags['action'] === true
      ? demoAction({ asked, output, stay })
      : demoApp({ asked, output, stay, repository });
  },
};

/** Everything is on loopback, and who runs the demo is its operator. */
const DASHBOARD = { BOSUN_DASHBOARD: 'local' };

interface Wish {
  readonly asked: 'sandbox' | 'process';
  readonly output: Output;
  /** Whether everything stays up afterwards, to be looked at. */
  readonly stay: boolean;
  /** A git repository of this machine instead of the story's. */
  readonly repository?: string | null;
}

/** What a story came to: where to look at it, and whether it ended as it should. */
interface Told {
  readonly issueUrl: string;
  readonly isGood: boolean;
}

function demoApp(wish: Wish): Promise<number> {
  const { output, repository = null } = wish;
  const script = repository === null ? demoScript : anyRepositoryScript;
  const settings = repository === null ? {} : pickWorkerSettings(readEnv());
  const where = repository === null ? null : `an issue of ${printable(repository)}`;
  return onStage(wish, { script, settings, where }, async (stage, onEvent) => {
    const journey = await runJourney(stage, { repository, onEvent });
    if (output.json) {
      output.document(journey);
    } else {
      output.result(renderJourney(journey, output));
    }
    return { issueUrl: journey.issue_url, isGood: hasSucceeded(journey) };
  });
}

/** A check that sends the agent back, a review that finds a bug, and a fix, each a task with its cost. */
function demoReviewStory(wish: Wish): Promise<number> {
  const { output } = wish;
  return onStage(wish, { script: reviewStoryScript(), settings: {}, where: null }, async (stage, onEvent) => {
    const told = await runReviewStory(stage, { onEvent });
    if (output.json) {
      output.document(told);
    } else {
      output.result(renderReviewStory(told, output));
    }
    return { issueUrl: told.issue_url, isGood: hasStorySucceeded(told) };
  });
}

/** Opens the stage, plays on it, and closes it, at once when a signal comes. */
async function onStage(
  { asked, output, stay }: Wish,
  given: {
    readonly script: DemoServersOptions['script'];
    readonly settings: Readonly<Record<string, string>>;
    /** The issue in words; null for the story's. */
    readonly where: string | null;
  },
  play: (stage: DemoServers, onEvent: Parameters<typeof runJourney>[1]['onEvent']) => Promise<Told>,
): Promise<number> {
  // Taken from the start, so that Ctrl-C in the middle takes the database and the workers down too.
  const interrupted = nextSignal();
  const compute = await chooseCompute({ asked, output });
  output.progress(output.quiet('Starting a local GitHub, a scripted model and Bosun with its own PostgreSQL …'));
  const stage = await startDemoServers({
    script: given.script,
    compute,
    settings: { ...DASHBOARD, ...given.settings },
    onProgress: (line) => output.progress(output.quiet(line)),
  });
  try {
    const where = given.where ?? `an issue of ${story.repository}: "${story.issue.title}"`;
    output.progress(`${story.maintainer} writes ${output.strong(story.command)} on ${where}`);
    const playing = play(stage, (event, sinceMs) => {
      const line = renderEvent(event, { sinceMs, output });
      if (line !== null) {
        output.progress(line);
      }
    });
    const told = await Promise.race([playing, interrupted]);
    if (typeof told === 'string') {
      output.progress('Interrupted; shutting down.');
      return EXIT.failed;
    }
    if (stay) {
      await lookAround({ issueUrl: told.issueUrl, statusUrl: stage.bosun.url }, { output, interrupted });
    }
    return told.isGood ? EXIT.done : EXIT.failed;
  } finally {
    await stage.close();
  }
}

async function demoAction({ asked, output, stay }: Wish): Promise<number> {
  output.progress(output.quiet('Starting a local GitHub, a scripted model, and the Action as a runner would …'));
  output.progress(
    `${story.maintainer} writes ${output.strong(story.command)} on an issue of ${story.repository}: "${story.issue.title}"`,
  );
  const { journey, close } = await runActionJourney({
    compute: asked === 'process' ? 'process' : null,
    onLine: (line) => output.progress(`${output.quiet('action │')} ${printable(line)}`),
  });
  try {
    if (output.json) {
      output.document(journey);
    } else {
      output.result(renderJourney(journey, output));
      output.result(renderRun(journey.action, output));
    }
    if (stay) {
      await lookAround({ issueUrl: journey.issue_url, statusUrl: null }, { output, interrupted: nextSignal() });
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

async function lookAround(
  shown: { issueUrl: string; statusUrl: string | null },
  until: { output: Output; interrupted: Promise<unknown> },
): Promise<void> {
  const { output } = until;
  if (shown.statusUrl !== null) {
    output.progress(`  dashboard     ${shown.statusUrl}`);
  }
  output.progress(`Everything keeps running until you press Ctrl-C. Open ${shown.issueUrl}`);
  await until.interrupted;
  output.progress('Shutting down.');
}

/** The demo continues without the sandbox where there is none, and says so. */
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
