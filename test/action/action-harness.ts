import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import type { Comment } from '../../demo/github/state/world.ts';
import { createScriptedModel, type ScriptedModel } from '../../demo/model/create-scripted-model.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { stageStory, story } from '../../demo/story.ts';
import {
  runBundle,
  takeEvent,
  type BundleResult,
  type BundleRun,
  type RunningBundle,
  type WorkflowEvent,
} from '../../app/cli/demo/run-bundle.ts';
import { BUNDLE } from '../../scripts/bundle-options.ts';

/** One change, and done: enough for a pull request. */
export const ONE_CHANGE: ModelScript = [
  { toolUse: [{ name: 'bash', input: { command: 'echo "Rounding is next." > NOTES.md' } }] },
  { toolUse: [{ name: 'finish', input: { status: 'done', summary: 'Wrote a note.' } }] },
];

/** A local GitHub with the story on it, a scripted model, and a runner that starts the Action on events. */
export interface ActionHarness {
  readonly github: LocalGitHub;
  readonly model: ScriptedModel;
  readonly thread: { readonly repository: string; readonly number: number };
  /** Says something on the issue; resolves with the comment and the event a workflow gets. */
  say(body: string, options?: { as?: string }): Promise<{ comment: Comment; event: WorkflowEvent }>;
  label(name: string): Promise<WorkflowEvent>;
  start(event: WorkflowEvent, options?: Partial<BundleRun>): Promise<RunningBundle>;
  run(event: WorkflowEvent, options?: Partial<BundleRun>): Promise<BundleResult>;
  /** What the workflow's bot wrote on the issue, oldest first. */
  answers(): Comment[];
}

/** Call at the top of a test file: bundles the Action as it is, and closes every harness after its test. */
export function withAction(): (options?: { script?: ModelScript }) => Promise<ActionHarness> {
  let bundle = '';
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    bundle = await mkdtemp(path.join(tmpdir(), 'bosun-action-'));
    await build({ ...BUNDLE, outdir: bundle });
  });
  afterAll(async () => {
    await rm(bundle, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) {
      await close();
    }
  });

  return async function openHarness(options = {}) {
    const directory = await mkdtemp(path.join(tmpdir(), 'bosun-runner-'));
    closers.push(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
    const github = await createLocalGitHub();
    closers.push(() => github.close());
    const model = await createScriptedModel({ script: options.script ?? ONE_CHANGE });
    closers.push(() => model.close());
    const issue = await stageStory(github);
    const thread = { repository: story.repository, number: issue.number };
    let runs = 0;

    async function start(event: WorkflowEvent, more: Partial<BundleRun> = {}): Promise<RunningBundle> {
      runs += 1;
      const running = await runBundle({
        main: path.join(bundle, 'main.mjs'),
        directory: path.join(directory, String(runs)),
        github,
        repository: story.repository,
        event,
        token: github.createWorkflowToken(story.repository),
        ...more,
        inputs: { anthropic_api_key: model.key, ...more.inputs },
        env: { ANTHROPIC_BASE_URL: model.url, ...more.env },
      });
      closers.push(async () => {
        running.signal('SIGKILL');
        await running.done;
      });
      return running;
    }

    return {
      github,
      model,
      thread,
      start,
      async say(body, { as = story.maintainer } = {}) {
        let comment: Comment | null = null;
        const event = await takeEvent(github, () => {
          comment = github.comment(thread, { as, body });
        });
        return { comment: comment as unknown as Comment, event };
      },
      label: (name) => takeEvent(github, () => github.addLabel(thread, { as: story.maintainer, label: name })),
      run: async (event, more) => (await start(event, more)).done,
      answers: () => github.comments(thread).filter(({ user }) => user.login === 'github-actions[bot]'),
    };
  };
}
