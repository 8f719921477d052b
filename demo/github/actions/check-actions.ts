import { resolveRef } from '../git/refs.ts';
import { RestError } from '../http/rest-error.ts';
import { checkRunEventJson, checkRunUrl } from '../json/check-run-json.ts';
import type { Actor, CheckRun, Repository, User, World } from '../state/world.ts';
import { checkWritable } from './issue-actions.ts';

/** The fields of GitHub's create and update requests, as they come. */
export type CheckRunFields = Record<string, unknown>;

export async function createCheckRun(
  world: World,
  repository: Repository,
  create: { fields: CheckRunFields; actor: Actor; by?: CheckRun['by'] },
): Promise<CheckRun> {
  checkWritable(repository);
  const { fields } = create;
  const headSha = String(fields['head_sha']);
  if ((await resolveRef(repository.dir, headSha)) === undefined) {
    throw new RestError(422, `No commit found for SHA: ${headSha}`);
  }
  if (!repository.checkSuites.has(headSha)) {
    repository.checkSuites.set(headSha, world.newId());
  }
  const run: CheckRun = {
    id: world.newId(),
    repository,
    by: create.by ?? 'app',
    name: String(fields['name']),
    headSha,
    status: 'queued',
    conclusion: null,
    externalId: '',
    detailsUrl: '',
    createdAt: world.now(),
    startedAt: world.now(),
    completedAt: null,
    output: { title: null, summary: null, text: null, annotations: [] },
    actions: [],
  };
  run.detailsUrl = checkRunUrl(world, run);
  repository.checkRuns.set(run.id, run);
  applyFields(world, run, fields);
  emitCheckRun(world, run, { action: 'created', sender: create.actor.user });
  return run;
}

export function updateCheckRun(world: World, run: CheckRun, update: { fields: CheckRunFields; actor: Actor }): void {
  checkWritable(run.repository);
  const wasCompleted = run.status === 'completed';
  applyFields(world, run, update.fields);
  if (!wasCompleted && run.status === 'completed') {
    emitCheckRun(world, run, { action: 'completed', sender: update.actor.user });
  }
}

function applyFields(world: World, run: CheckRun, fields: CheckRunFields): void {
  run.name = text(fields['name']) ?? run.name;
  run.externalId = text(fields['external_id']) ?? run.externalId;
  run.detailsUrl = text(fields['details_url']) ?? run.detailsUrl;
  run.startedAt = date(fields['started_at']) ?? run.startedAt;
  run.status = text(fields['status']) ?? run.status;
  const conclusion = text(fields['conclusion']);
  if (conclusion) {
    run.conclusion = conclusion;
    run.status = 'completed';
  }
  if (run.status === 'completed') {
    if (run.conclusion === null) {
      throw new RestError(422, 'Invalid request.\n\nA completed check run needs a conclusion.');
    }
    run.completedAt = date(fields['completed_at']) ?? run.completedAt ?? world.now();
  } else {
    run.conclusion = null;
    run.completedAt = null;
  }
  if (Array.isArray(fields['actions'])) {
    run.actions = fields['actions'] as CheckRun['actions'];
  }
  applyOutput(run, fields['output']);
}

function applyOutput(run: CheckRun, output: unknown): void {
  if (typeof output !== 'object' || output === null) {
    return;
  }
  const fields = output as Record<string, unknown>;
  run.output.title = text(fields['title']) ?? run.output.title;
  run.output.summary = text(fields['summary']) ?? run.output.summary;
  run.output.text = text(fields['text']) ?? run.output.text;
  if (Array.isArray(fields['annotations'])) {
    // GitHub adds annotations, it never replaces them.
    run.output.annotations.push(...(fields['annotations'] as unknown[]));
  }
}

export function emitCheckRun(
  world: World,
  run: CheckRun,
  event: { action: string; sender: User; more?: Record<string, unknown> },
): void {
  const { repository } = run;
  const payload = { check_run: checkRunEventJson(world, run), ...event.more };
  world.emit({ event: 'check_run', action: event.action, repository, sender: event.sender, payload });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function date(value: unknown): Date | undefined {
  return typeof value === 'string' ? new Date(value) : undefined;
}
