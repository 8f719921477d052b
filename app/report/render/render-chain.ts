import type { Chain } from '../../task/chain.ts';
import type { Task } from '../../task/task.ts';
import { plainLine } from './escape-text.ts';

const ENDS: Readonly<Record<Exclude<Chain['state'], 'running'>, string>> = {
  passed: '✅ done',
  human: '🙋 a person is needed',
  inconclusive: '⚪ inconclusive',
  stopped: '⏹️ stopped',
};

/** The links of a chain in their order, this task's in bold, and how it ended. */
export function renderChain(chain: Chain | null, task: Pick<Task, 'id'>): string[] {
  if (chain === null) {
    return [];
  }
  const links = chain.steps.map(({ link, taskId }) => (taskId === task.id ? `**${link}**` : link));
  const waiting = chain.links.filter((link) => !chain.steps.some((step) => step.link === link));
  const rest = chain.state === 'running' ? waiting.map((link) => `*${link}*`) : [ENDS[chain.state]];
  const note = chain.note === null ? '' : `. ${plainLine(chain.note)}`;
  return [`Chain: ${[...links, ...rest].join(' → ')}${note}`];
}
