import { formatUsd } from '../../budget/money.ts';
import { decideQuote } from '../../budget/quote.ts';
import { describeQuote } from '../../budget/describe-quote.ts';
import { renderCommand } from '../../command/render-command.ts';
import { DEFAULT_SIZE } from '../../task/tiers/decide-route.ts';
import type { Quote } from '../../task/quote.ts';
import type { NewTask } from '../../store/stores.ts';
import type { AdmissionOptions, Answer, CommandRequest } from '../context.ts';

/** What the task will cost as far as the past tells; null without history, or where nobody can be asked. */
export async function quoteTask(
  task: Pick<NewTask, 'repository' | 'type' | 'settings'>,
  { log, stores }: Pick<AdmissionOptions, 'log' | 'stores'>,
): Promise<Quote | null> {
  const { size = DEFAULT_SIZE, tier = null } = task.settings;
  try {
    return decideQuote(await stores.quotes.history({ repositoryId: task.repository.id, type: task.type, size, tier }));
  } catch (error) {
    // A quote is a courtesy: without one the task starts all the same, and its budget holds
    log.warn('A task could not be quoted', { err: error });
    return null;
  }
}

/**
 * The answer to a command that only asks for the price, or whose price is above the threshold of the repository's file:
 * nothing starts, and the reply has the exact command that starts it. Null where the task is to start.
 */
export function answerQuote(
  order: CommandRequest,
  { budgetNano, quote }: { quote: Quote | null; budgetNano: number },
): Answer | null {
  const { command, config } = order;
  if (command.kind !== 'command') {
    return null;
  }
  const { quote: isAsked = false, yes = false, ...flags } = command.flags;
  const highNano = Math.min(quote?.p90Nano ?? budgetNano, budgetNano);
  const threshold = config.quoteAboveNano;
  const isAbove = threshold !== null && highNano > threshold && !yes;
  if (!isAsked && !isAbove) {
    return null;
  }
  const why = isAsked
    ? 'Nothing was started.'
    : `Nothing was started, because this may cost more than the $${formatUsd(threshold ?? 0)} of \`quote_above\` in \`.github/bosun.yml\`.`;
  const again = renderCommand({
    prefix: config.prefix,
    name: command.name,
    text: command.text,
    flags: isAbove || (threshold !== null && highNano > threshold) ? { ...flags, yes: true } : flags,
  });
  const fence = /`{3,}/.test(again) ? '`'.repeat(8) : '```';
  const reply = `${why} ${describeQuote(quote, budgetNano)}\n\nTo start it, comment:\n\n${fence}text\n${again}\n${fence}`;
  return { note: 'quoted', reaction: 'eyes', reply };
}
