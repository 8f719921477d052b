import type { Task } from '../../task/task.ts';

/**
 * The commit that stands, or would stand, at GitHub for one that passed the gate: itself, or the one that GitHub signed
 * in its place.
 */
export function publishedAs({ publication }: Pick<Task, 'publication'>, approvedSha: string): string {
  const { approvedSha: signedFor, intendedSha } = publication;
  return signedFor === approvedSha && intendedSha !== null ? intendedSha : approvedSha;
}

/** Whether that commit was signed already, by this or an earlier try. */
export function isSigned({ publication }: Pick<Task, 'publication'>, approvedSha: string): boolean {
  return publication.approvedSha === approvedSha && publication.intendedSha !== null;
}
