import { isTerminal } from '../../../protocol/index.ts';
import type { RenderOptions, ReportFacts } from '../report-facts.ts';
import { renderEnded } from './render-ended.ts';
import { renderLive } from './render-live.ts';
import { renderWaiting } from './render-waiting.ts';
import type { StateView } from '../state-view.ts';

/** What the state of a task shows. */
export function renderState(facts: ReportFacts, options: RenderOptions): StateView {
  const { state } = facts.task;
  if (isTerminal(state)) {
    return renderEnded(facts, options);
  }
  return state === 'SUBMITTED' ? renderWaiting(facts, options) : renderLive(facts, options);
}
