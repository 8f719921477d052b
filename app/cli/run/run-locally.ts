import { formatUsd } from '../../budget/money.ts';
import type { ServerConfig } from '../../config/server-config.ts';
import { createLogger } from '../../telemetry/log.ts';
import type { Task } from '../../task/task.ts';
import { renderEvent } from '../demo/render-journey.ts';
import { NotStarted, runJourney } from '../demo/run-journey.ts';
import { startDemoServers, type DemoServers } from '../demo/start-demo-servers.ts';
import type { Output } from '../output.ts';
import { bringBranch, readPatch, type Brought } from './bring-back.ts';

export interface LocalTask {
  readonly directory: string;
  readonly title: string;
  readonly body: string;
  /** The command with its flags, as on an issue. */
  readonly command: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly compute: ServerConfig['compute'];
}

/** Steps that concern the pull request of a task, of which nobody sees anything here. */
const ON_GITHUB: readonly string[] = ['task.pushed', 'task.published'];

/** The document of `bosun run --json`. */
export interface LocalRun {
  /** State of the task; null when the command was refused. */
  readonly state: Task['state'] | null;
  /** In the repository of this machine; null when there is nothing to look at. */
  readonly branch: string | null;
  readonly head_sha: string | null;
  readonly files_changed: number;
  readonly verified: 'passed' | 'failed' | 'not_run';
  /** What the agent says about its work; untrusted text. */
  readonly summary: string;
  readonly questions: readonly string[];
  /** Why there is less than asked for, and what to do. */
  readonly problem: string | null;
  readonly withheld: readonly { readonly code: string; readonly path: string | null; readonly message: string }[];
  readonly cost_usd: string;
  readonly cost_by_model: Readonly<Record<string, string>>;
  readonly duration_ms: number;
}

export interface LocalRunResult {
  readonly document: LocalRun;
  readonly patch: Uint8Array | null;
}

/**
 * Plays one task on a GitHub and a database of its own, so that the gate, the budget and the sandbox are those of every
 * other task. `stop` ends it before its result; the repository is touched only at the very end.
 */
export function runLocally(
  task: LocalTask,
  { bringBack, output }: { output: Output; bringBack: 'branch' | 'patch' },
): { readonly result: Promise<LocalRunResult>; stop(): Promise<void> } {
  const servers = startDemoServers({
    script: () => ({ text: 'The configured provider answers; this script is never asked.' }),
    compute: task.compute,
    settings: task.settings,
    log: createLogger({ level: 'error', redact: (text) => text, destination: process.stderr }),
    onProgress: (line) => output.progress(output.quiet(line)),
  });
  async function play(): Promise<LocalRunResult> {
    const stage = await servers;
    try {
      return await playTask(stage, task, { bringBack, output });
    } finally {
      await stage.close();
    }
  }
  return {
    result: play(),
    stop: async () => (await servers).close(),
  };
}

async function playTask(
  stage: DemoServers,
  { body, command, directory, title }: LocalTask,
  { bringBack, output }: { output: Output; bringBack: 'branch' | 'patch' },
): Promise<LocalRunResult> {
  let journey;
  try {
    journey = await runJourney(stage, {
      repository: directory,
      asked: { title, body, command },
      onEvent: (event, sinceMs) => {
        const line = ON_GITHUB.includes(event.kind) ? null : renderEvent(event, { sinceMs, output });
        if (line !== null) {
          output.progress(line);
        }
      },
    });
  } catch (error) {
    if (error instanceof NotStarted) {
      return { document: refused(error.message), patch: null };
    }
    throw error;
  }
  const row = await stage.bosun.storage.stores.tasks.find(journey.task.id);
  if (row === null) {
    throw new Error(`task ${journey.task.id} has no row`);
  }
  const work = {
    repository: `${row.repository.owner}/${row.repository.name}`,
    branch: row.branch,
    baseSha: row.baseSha ?? '',
    directory,
  };
  if (row.publication.headSha === null) {
    return { patch: null, document: describe(row, { journey, brought: null }) };
  }
  return bringBack === 'patch'
    ? { patch: await readPatch(stage.github, work), document: describe(row, { journey, brought: null }) }
    : { patch: null, document: describe(row, { journey, brought: await bringBranch(stage.github, work) }) };
}

function describe(
  row: Task,
  { brought, journey }: { journey: Awaited<ReturnType<typeof runJourney>>; brought: Brought | null },
): LocalRun {
  const { failure, outcome, wait } = row;
  const why = failure === null ? (wait?.note ?? null) : `${failure.title} ${failure.remedy}`;
  const refusal =
    brought === null || brought.ok ? null : `The branch could not be written to the repository: ${brought.refusal}`;
  return {
    state: row.state,
    branch: brought?.ok === true ? row.branch : null,
    head_sha: brought?.ok === true ? brought.headSha : null,
    files_changed: outcome?.filesChanged ?? 0,
    verified: outcome?.verified ?? 'not_run',
    summary: outcome?.summary ?? '',
    questions: outcome?.questions ?? [],
    problem: refusal ?? why,
    withheld: outcome?.withheld ?? [],
    cost_usd: formatUsd(row.spentNano),
    cost_by_model: journey.cost.by_model,
    duration_ms: journey.timings_ms.total ?? 0,
  };
}

function refused(message: string): LocalRun {
  return {
    state: null,
    branch: null,
    head_sha: null,
    files_changed: 0,
    verified: 'not_run',
    summary: '',
    questions: [],
    problem: message,
    withheld: [],
    cost_usd: formatUsd(0),
    cost_by_model: {},
    duration_ms: 0,
  };
}
