import { eventFitsBody } from '../../app/intake/check-event.ts';

/** The event of a workflow run, as its file tells it. */
export interface WorkflowEvent {
  readonly name: 'issue_comment' | 'issues' | 'pull_request_review_comment';
  readonly payload: Readonly<Record<string, unknown>>;
}

export type ReadEvent =
  | { readonly ok: true; readonly event: WorkflowEvent }
  | { readonly ok: false; readonly problem: string };

const EVENTS = ['issue_comment', 'issues', 'pull_request_review_comment'] as const;
const USE =
  'Use `on: issue_comment` (types: created) and `on: issues` (types: labeled), as docs/action-workflow.yml does.';

/**
 * Takes the event from the runner's file and never from expressions in the workflow. Events that run with secrets on
 * code of people without write access are refused, because a checkout of that code beside this step would hand them the
 * key.
 */
export function readEvent(given: { name: string; file: string | null; repository: string }): ReadEvent {
  const { name, file, repository } = given;
  if (name === 'pull_request_target' || name === 'workflow_run') {
    return refuse(
      `Bosun does not run on \`${name}\`: such runs have secrets and may contain untrusted code. ${USE} The commands on pull requests come as \`issue_comment\` too.`,
    );
  }
  const known = EVENTS.find((event) => event === name);
  if (known === undefined) {
    return refuse(`Bosun does not know what to do on ${name === '' ? 'no event' : `\`${name}\``}. ${USE}`);
  }
  const payload = parse(file);
  if (payload === null) {
    return refuse('The file that GITHUB_EVENT_PATH names holds no JSON object. Run Bosun as a step of a workflow.');
  }
  if (!eventFitsBody(known, new Set(Object.keys(payload)))) {
    return refuse(`The event file does not hold what \`${known}\` sends. ${USE}`);
  }
  const fullName = (payload['repository'] as { full_name?: unknown } | undefined)?.full_name;
  if (typeof fullName !== 'string' || fullName.toLowerCase() !== repository.toLowerCase()) {
    return refuse(
      `The event is about ${typeof fullName === 'string' ? `\`${fullName}\`` : 'no repository'}, but the workflow runs in \`${repository}\`. Run Bosun in the repository it works on.`,
    );
  }
  return { ok: true, event: { name: known, payload } };
}

function parse(file: string | null): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(file ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    // Whatever is wrong with it, it is not the file of an event, and the caller says so.
    return null;
  }
}

function refuse(problem: string): ReadEvent {
  return { ok: false, problem };
}
