import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { demoScript } from '../../../demo/demo-script.ts';
import { createLocalGitHub } from '../../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import type { Comment } from '../../../demo/github/state/world.ts';
import { createScriptedModel } from '../../../demo/model/create-scripted-model.ts';
import { stageStory, story } from '../../../demo/story.ts';
import { formatUsd, parseUsd } from '../../budget/money.ts';
import type { Journey } from './run-journey.ts';
import { runBundle, takeEvent, type BundleResult } from './run-bundle.ts';

/** The journey as GitHub shows it, and what the workflow run has beside it. */
export interface ActionJourney extends Journey {
  readonly action: {
    readonly exit_code: number | null;
    readonly outputs: Readonly<Record<string, string>>;
    readonly summary: string;
  };
}

/** Stages the story, has the maintainer say `/implement`, runs the bundle on that event, and reads the end off GitHub. */
export async function runActionJourney(options: {
  /** Null takes the sandbox where there is one. */
  compute: 'sandbox' | 'process' | null;
  onLine: (line: string) => void;
}): Promise<{ journey: ActionJourney; close(): Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-demo-'));
  const github = await createLocalGitHub();
  const model = await createScriptedModel({ script: demoScript });
  async function close(): Promise<void> {
    await model.close();
    await github.close();
    await rm(directory, { recursive: true, force: true });
  }
  try {
    const issue = await stageStory(github);
    const thread = { repository: story.repository, number: issue.number };
    const event = await takeEvent(github, () => {
      github.comment(thread, { as: story.maintainer, body: story.command });
    });
    const startedAt = Date.now();
    const running = await runBundle({
      directory,
      github,
      repository: story.repository,
      event,
      token: github.createWorkflowToken(story.repository),
      inputs: { anthropic_api_key: model.key },
      env: {
        ANTHROPIC_BASE_URL: model.url,
        ...(options.compute === null ? {} : { BOSUN_COMPUTE: options.compute }),
      },
      onLine: likeRunner(options.onLine),
    });
    const result = await running.done;
    return { journey: describe(github, result, { number: issue.number, startedAt, endedAt: Date.now() }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Shows what a runner would: masked, without what only the runner is told. */
function likeRunner(show: (line: string) => void): (line: string) => void {
  const masked: string[] = [];
  return (line) => {
    const mask = /^::add-mask::(.+)$/.exec(line)?.[1];
    if (mask !== undefined) {
      masked.push(mask);
      return;
    }
    if (/^::(?:stop-commands::)?[0-9a-f-]{36}(?:::)?$/.test(line)) {
      return;
    }
    const text = line.replace(/^::(warning|error)[^:]*::/, '$1: ');
    show(masked.reduce((shown, secret) => shown.replaceAll(secret, '***'), text));
  };
}

function describe(
  github: LocalGitHub,
  { exitCode, outputs, summary }: BundleResult,
  facts: { number: number; startedAt: number; endedAt: number },
): ActionJourney {
  const base = `${github.url}/${story.repository}`;
  const thread = { repository: story.repository, number: facts.number };
  const pull = github.pulls(story.repository).at(0);
  const check = github.checkRuns(story.repository).at(-1);
  const comment = github.comments(thread).findLast(isStatus) ?? null;
  function at(method: string, end: RegExp): number | null {
    const request = github.requests.find((one) => one.method === method && end.test(one.path));
    return request === undefined ? null : Math.round(request.at.getTime() + request.durationMs - facts.startedAt);
  }
  return {
    task: { id: outputs['task_id'] ?? '', state: stateOf(outputs['conclusion']), epoch: 1 },
    pull_request: !pull?.pull
      ? null
      : {
          number: pull.number,
          url: `${base}/pull/${pull.number}`,
          draft: pull.pull.draft,
          head_sha: check?.headSha ?? '',
          branch: pull.pull.head.ref,
        },
    comment:
      comment === null
        ? null
        : { url: `${base}/issues/${facts.number}#issuecomment-${comment.id}`, body: comment.body },
    check_run:
      check === undefined
        ? null
        : {
            name: check.name,
            conclusion: check.conclusion,
            title: check.output.title,
            summary: check.output.summary,
            url: `${base}/runs/${check.id}`,
          },
    cost: { usd: formatUsd(parseUsd(outputs['cost_usd'] ?? '') ?? 0), by_model: costByModel(summary) },
    timings_ms: {
      ack: at('POST', /\/comments\/\d+\/reactions$/),
      claimed: null,
      hydrated: null,
      started: null,
      pushed: at('POST', /\/git-receive-pack$/),
      published: at('POST', /\/pulls$/),
      total: facts.endedAt - facts.startedAt,
    },
    issue_url: `${base}/issues/${facts.number}`,
    action: { exit_code: exitCode, outputs, summary },
  };
}

function isStatus(comment: Comment): boolean {
  return comment.user.login === 'github-actions[bot]' && comment.body.startsWith('<!-- bosun:');
}

/** The rows of a workflow run are gone with it; what it concluded tells how its task ended. */
function stateOf(conclusion: string | undefined): string {
  switch (conclusion) {
    case 'success':
    case 'neutral':
      return 'COMPLETED';
    case 'timed_out':
      return 'TIMED_OUT';
    case 'cancelled':
      return 'CANCELLED';
    default:
      return 'FAILED';
  }
}

/** From the table in the summary: the model in the first column, its cost in the last. */
function costByModel(summary: string): Record<string, string> {
  const rows = [...summary.matchAll(/^\| `([^`]+)` \|.*\| \$([0-9.]+) \|$/gm)];
  return Object.fromEntries(rows.map(([, model = '', usd = '']) => [model, usd]));
}
