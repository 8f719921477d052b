import { fitBudget } from '../../text/fit-budget.ts';
import { part, type PromptPart } from '../prompt-part.ts';
import type { PullContext } from './collect-pull.ts';

/** What the sentence about a pull request says, before the data. */
export function describePull({ details }: Pick<PullContext, 'details'>): string {
  const { baseRef, headRef, headSha, number } = details;
  return `pull request #${number} from \`${headRef}\` into \`${baseRef}\`, at commit ${headSha}`;
}

/**
 * The parts of a pull request as fenced data: its conversations, its failing checks, its diff. Within the budget files
 * of the diff are left out first, the largest of them; the agent can read them in the checkout.
 */
export function renderPullParts(
  pull: PullContext,
  { budgetTokens, clean }: { budgetTokens: number; clean: (markdown: string) => string },
): { parts: PromptPart[]; dropped: number } {
  const threads = pull.threads.threads.map((thread) => {
    const number = thread.comments[0]?.id ?? 0;
    const at = thread.line === null ? thread.path : `${thread.path}:${thread.line}`;
    const said = thread.comments.map(({ author, body }) => `${author.login} wrote:\n${clean(body)}`);
    return partOf('thread', `review thread ${number} on ${at}${thread.isOutdated ? ' (of an earlier commit)' : ''}`, {
      url: thread.comments[0]?.url ?? null,
      author: thread.comments[0]?.author.login ?? null,
      text: said.join('\n\n'),
    });
  });
  const failures = pull.failures.failures.map(({ conclusion, name, text, url }) =>
    partOf('check', `failing check ${name} (${conclusion})`, { url, author: null, text }),
  );
  const fixed = [...threads, ...failures];
  const left = budgetTokens - fixed.reduce((sum, part) => sum + part.source.tokens, 0);
  const files = pull.files
    .map((file) =>
      partOf('diff', `change of ${file.path} (${file.status})`, {
        url: null,
        author: null,
        text: file.patch ?? 'GitHub shows no difference of this file, because it is binary or too large.',
      }),
    )
    .toSorted((one, other) => other.source.tokens - one.source.tokens);
  // Largest first, so that those go first.
  const fitted = fitBudget({ parts: files, sizeOf: ({ source }) => source.tokens, budgetTokens: Math.max(0, left) });
  const shown = fitted.kept.toSorted((one, other) => (one.source.label < other.source.label ? -1 : 1));
  return { parts: [...fixed, ...shown], dropped: fitted.dropped };
}

function partOf(
  kind: PromptPart['source']['kind'],
  label: string,
  of: { url: string | null; author: string | null; text: string },
): PromptPart {
  return part({ kind, label, author: of.author, url: of.url }, { text: of.text, authorId: null });
}
