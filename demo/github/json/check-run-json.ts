import { fullName } from '../state/find.ts';
import type { CheckRun, World } from '../state/world.ts';
import { actionsAppJson, appJson } from './app-json.ts';
import { isPull, type PullIssue } from './pull-json.ts';
import { nodeId, time, type Json } from './user-json.ts';

export function checkRunJson(world: World, run: CheckRun): Json {
  const { repository } = run;
  const url = `${world.apiUrl}/repos/${fullName(repository)}/check-runs/${run.id}`;
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('CheckRun', run.id),
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: checkRunUrl(world, run),
    details_url: run.detailsUrl,
    status: run.status,
    conclusion: run.conclusion,
    started_at: time(run.startedAt),
    completed_at: run.completedAt ? time(run.completedAt) : null,
    output: {
      title: run.output.title,
      summary: run.output.summary,
      text: run.output.text,
      annotations_count: run.output.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: suiteId(run) },
    app: appOf(world, run),
    pull_requests: pullsOf(world, run),
  };
}

/** The form in webhooks, where the suite is spelled out. */
export function checkRunEventJson(world: World, run: CheckRun): Json {
  return { ...checkRunJson(world, run), check_suite: checkSuiteJson(world, run) };
}

/** The suite of a check run, as webhooks have it. */
export function checkSuiteJson(world: World, run: CheckRun): Json {
  const { repository } = run;
  return {
    id: suiteId(run),
    node_id: nodeId('CheckSuite', suiteId(run)),
    head_branch: headsOf(run)[0]?.pull.head.ref ?? null,
    head_sha: run.headSha,
    status: run.status,
    conclusion: run.conclusion,
    url: `${world.apiUrl}/repos/${fullName(repository)}/check-suites/${suiteId(run)}`,
    before: headsOf(run)[0]?.pull.base.sha ?? null,
    after: run.headSha,
    pull_requests: pullsOf(world, run),
    app: appOf(world, run),
    created_at: time(run.startedAt),
    updated_at: time(run.completedAt ?? run.startedAt),
  };
}

function appOf(world: World, run: CheckRun): Json {
  return run.by === 'actions' ? actionsAppJson(world) : appJson(world);
}

export function checkRunUrl(world: World, run: CheckRun): string {
  return `${world.url}/${fullName(run.repository)}/runs/${run.id}`;
}

function suiteId(run: CheckRun): number {
  return run.repository.checkSuites.get(run.headSha) ?? 0;
}

function headsOf(run: CheckRun): PullIssue[] {
  const issues = [...run.repository.issues.values()].filter((issue) => isPull(issue));
  return issues.filter((issue) => issue.state === 'open' && issue.pull.head.sha === run.headSha);
}

function pullsOf(world: World, run: CheckRun): Json[] {
  const { repository } = run;
  const repo = { id: repository.id, url: `${world.apiUrl}/repos/${fullName(repository)}`, name: repository.name };
  return headsOf(run).map(({ number, pull }) => ({
    url: `${repo.url}/pulls/${number}`,
    id: pull.id,
    number,
    head: { ref: pull.head.ref, sha: pull.head.sha, repo },
    base: { ref: pull.base.ref, sha: pull.base.sha, repo },
  }));
}
