import type { RatedFinding } from '../../task/findings.ts';
import { codeSpan, fence, joinBlocks, linkTo, plainLine } from '../render/escape-text.ts';
import type { RenderOptions } from '../report-facts.ts';
import type { PlacedFindings } from './place-findings.ts';

const MAX_BODY_CHARS = 60_000;
const MAX_FINDING_CHARS = 4_000;
const MAX_SUMMARY_CHARS = 6_000;
const MAX_TAIL_CHARS = 1_500;

/** The text of a review, with what has no line of its own. */
export function renderReviewBody(
  placed: PlacedFindings,
  about: { readonly summary: string; readonly headSha: string; readonly taskId: string },
  render: Pick<RenderOptions, 'clean' | 'serverUrl'>,
): string {
  const { inBody, inline, known } = placed;
  const count = inline.length + inBody.length + known.length;
  const confirmed = [...inline, ...inBody, ...known.map(({ finding }) => finding)].filter(
    ({ status }) => status === 'confirmed',
  ).length;
  const what = count === 0 ? 'No bug was found' : `${count} ${count === 1 ? 'finding' : 'findings'}`;
  const sure = count === 0 ? '' : `, ${confirmed} confirmed by a reproduction that ran`;
  const summary = render.clean(about.summary, { maxLength: MAX_SUMMARY_CHARS });
  const parts = [
    `**${what}** at ${codeSpan(about.headSha.slice(0, 12))}${sure}.`,
    summary === '' ? '' : `<details><summary>Summary by the agent</summary>\n\n${summary}\n\n</details>`,
    ...inBody.map(
      (finding) => `#### ${codeSpan(`${finding.path}:${finding.line}`)}\n\n${renderFinding(finding, render)}`,
    ),
    known.length === 0
      ? ''
      : [
          'Said before, and its conversation is still open:',
          ...known.map(
            ({ finding, url }) => `- ${linkTo(plainLine(finding.title), { url, serverUrl: render.serverUrl })}`,
          ),
        ].join('\n'),
    `<sub>Task ${codeSpan(about.taskId)} · comment ${codeSpan('/fix')} to have the open conversations addressed</sub>`,
  ];
  return joinBlocks(parts, MAX_BODY_CHARS);
}

/** One finding, on its line or in the text of the review. */
export function renderFinding(finding: RatedFinding, render: Pick<RenderOptions, 'clean'>): string {
  const { kind = 'other', reproduction, run, status, title } = finding;
  const label = status === 'confirmed' ? '🔴 **Confirmed**' : '🟡 **Suspected**';
  const details = [
    reproduction === undefined ? '' : `Reproduction:\n\n${fence(reproduction.command, MAX_TAIL_CHARS)}`,
    run === null || run.outputTail === '' ? '' : `It failed with:\n\n${fence(run.outputTail, MAX_TAIL_CHARS)}`,
  ].filter((part) => part !== '');
  return [
    `${label} · ${plainLine(kind.replaceAll('_', ' '))} · ${plainLine(title)}`,
    render.clean(finding.body, { maxLength: MAX_FINDING_CHARS }),
    details.length === 0 ? '' : `<details><summary>How to see it</summary>\n\n${details.join('\n\n')}\n\n</details>`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
