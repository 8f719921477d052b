import type { ChangedFile, ReviewThreadFacts } from '../../github/github.ts';
import type { RatedFinding } from '../../task/findings.ts';
import { shownLines } from '../../text/shown-lines.ts';

/** Where each finding of a review is shown. */
export interface PlacedFindings {
  /** On a line that the pull request shows. */
  readonly inline: readonly RatedFinding[];
  /** In the text of the review: GitHub takes no comment on that line. */
  readonly inBody: readonly RatedFinding[];
  /** An earlier review said it, and its conversation is still open. */
  readonly known: readonly { readonly finding: RatedFinding; readonly url: string }[];
}

/** A finding that an earlier review of ours has in an open conversation is not said again; others go where they may. */
export function placeFindings(
  findings: readonly RatedFinding[],
  at: {
    readonly files: readonly ChangedFile[];
    readonly threads: readonly ReviewThreadFacts[];
    /** Whether a comment is the one in which we said this. */
    readonly says: (body: string, fingerprint: string) => boolean;
  },
): PlacedFindings {
  const lines = new Map(at.files.map(({ patch, path }) => [path, shownLines(patch ?? '')]));
  const inline: RatedFinding[] = [];
  const inBody: RatedFinding[] = [];
  const known: { finding: RatedFinding; url: string }[] = [];
  for (const finding of findings) {
    const earlier = at.threads
      .filter(({ isResolved }) => !isResolved)
      .flatMap(({ comments }) => comments)
      .find(({ body, isOwn }) => isOwn && at.says(body, finding.fingerprint));
    if (earlier !== undefined) {
      known.push({ finding, url: earlier.url });
    } else if (lines.get(finding.path)?.has(finding.line) === true) {
      inline.push(finding);
    } else {
      inBody.push(finding);
    }
  }
  return { inline, inBody, known };
}
