import { stripVTControlCharacters } from 'node:util';
import type { FailedCheck, GitHub, GitHubResult } from '../../github/github.ts';
import { takeEnd } from '../../../protocol/index.ts';
import type { RepositoryRef } from '../../task/task.ts';

/** More logs than this say the same thing again. */
const MOST_LOGS = 8;
const MOST_LOG_LINES = 150;
const MOST_LOG_CHARS = 8_000;
const MOST_SUMMARY_CHARS = 2_000;

export interface Failure {
  readonly name: string;
  readonly conclusion: string;
  readonly url: string | null;
  /** The end of its log, or what it says of itself; untrusted text. */
  readonly text: string;
}

export interface CollectedFailures {
  readonly failures: readonly Failure[];
  readonly isPending: boolean;
  /** Permissions that the installation has not accepted, without which something was not seen. */
  readonly missingPermissions: readonly string[];
}

/** The checks that failed at a commit, each with the end of its log. A log that cannot be had does not stop anything. */
export async function collectFailures(
  repository: RepositoryRef,
  { sha }: { sha: string },
  github: GitHub,
): Promise<GitHubResult<CollectedFailures>> {
  const found = await github.fetchFailedChecks(repository, { sha });
  if (!found.ok) {
    return found;
  }
  const missing = new Set(found.value.missingPermissions);
  const failures: Failure[] = [];
  for (const [index, check] of found.value.failed.entries()) {
    const log = index < MOST_LOGS ? await fetchLog(repository, check, { github, missing }) : null;
    const { conclusion, name, summary, url } = check;
    failures.push({ name, conclusion, url, text: log ?? takeEnd(summary, MOST_SUMMARY_CHARS) });
  }
  return {
    ok: true,
    value: { failures, isPending: found.value.isPending, missingPermissions: [...missing].toSorted() },
  };
}

async function fetchLog(
  repository: RepositoryRef,
  { jobId }: FailedCheck,
  { github, missing }: { github: GitHub; missing: Set<string> },
): Promise<string | null> {
  if (jobId === null) {
    return null;
  }
  const log = await github.fetchJobLog(repository, { id: jobId });
  if (log.ok) {
    return readableEnd(log.value);
  }
  if (log.problem.kind === 'forbidden') {
    missing.add('actions: read');
  }
  return null;
}

/** The last lines, without the times and colours that every line has. */
export function readableEnd(log: string): string {
  const lines = stripVTControlCharacters(log)
    .split(/\r?\n/)
    .map((line) => line.replace(/^\uFEFF?\d{4}-\d\d-\d\dT[\d:.]+Z /, '').trimEnd())
    .filter((line) => line !== '');
  return takeEnd(lines.slice(-MOST_LOG_LINES).join('\n'), MOST_LOG_CHARS);
}
