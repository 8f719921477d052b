import { renderColumns, type Cell } from '../inspect/render-columns.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import { hasStorySucceeded, type ReviewStory } from './run-review-story.ts';

/** The end of the story: each task with its verdict and its cost, and where to look. */
export function renderReviewStory(told: ReviewStory, output: Output): string {
  const isGood = hasStorySucceeded(told);
  const head = `${isGood ? output.good('Done') : output.bad('Not done')} in ${(told.duration_ms / 1_000).toFixed(1)} s, for $${told.cost_usd} (the model is scripted, the prices are real)`;
  const rows = told.tasks.map((task): Cell[] => {
    const back = task.fixes === 0 ? '' : `, sent back ${task.fixes === 1 ? 'once' : `${task.fixes} times`}`;
    return [task.type, task.state, `${task.verdict ?? 'no verdict'}${back}`, `$${task.cost_usd}`].map((text) => ({
      text,
    }));
  });
  const pull = told.pull_request;
  return [
    '',
    head,
    '',
    renderColumns(rows),
    '',
    ...(told.chain === null
      ? []
      : [`  chain         ${told.chain.state}${told.chain.note === null ? '' : `: ${printable(told.chain.note)}`}`]),
    `  issue         ${told.issue_url}`,
    ...(pull === null
      ? []
      : [`  pull request  ${pull.url}`, ...pull.reviews.map((review) => `  review        ${printable(review)}`)]),
    '',
  ].join('\n');
}
