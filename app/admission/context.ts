import { lowerLimits } from '../budget/lower-limits.ts';
import type { ParsedCommand } from '../command/parse-comment.ts';
import type { RepoConfig } from '../config/repo/to-config.ts';
import type { ServerConfig } from '../config/server-config.ts';
import type { GitHub } from '../github/github.ts';
import type { BudgetLimits, NewOutboxItem, Stores } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Incoming } from './incoming.ts';
import type { RepoFiles } from './repo-file.ts';

export interface AdmissionOptions {
  readonly stores: Pick<
    Stores,
    'inbox' | 'tasks' | 'attempts' | 'budgets' | 'outbox' | 'keys' | 'reports' | 'quotes' | 'lessons'
  >;
  readonly github: (
    installationId: number,
  ) => Pick<GitHub, 'fetchRole' | 'fetchFile' | 'fetchFolder' | 'fetchThread' | 'fetchPull'>;
  readonly repoFiles: RepoFiles;
  readonly server: Pick<ServerConfig, 'limits' | 'defaults'>;
  readonly clock: Clock;
  /** The id of the task that a command makes; the same command may get the same id whoever admits it. */
  readonly newId: (command: { readonly semanticKey: string; readonly at: Date }) => string | Promise<string>;
  readonly log: Logger;
  /**
   * Answers a command before the usual handling, where a form of Bosun knows more (what other processes left on GitHub)
   * or can do less; null leaves the command to it. Asked after permission, never for a command that could not be read.
   */
  readonly interceptCommand?: (order: CommandRequest) => Promise<Answer | null>;
}

/** One order of one person, ready to be carried out. */
export interface CommandRequest {
  readonly incoming: Incoming;
  readonly command: ParsedCommand;
  readonly config: RepoConfig;
  /** Computed from what happened, never from the delivery: a replay under a fresh id has the same. */
  readonly semanticKey: string;
  readonly now: Date;
}

/** How a command was answered: what to show on the thread, and a note for the record. */
export interface Answer {
  readonly note: string;
  readonly reaction: 'eyes' | 'confused' | null;
  readonly reply: string | null;
  /** True when the store already wrote what is shown together with the task. */
  readonly shown?: boolean;
}

export function accepted(note: string, reply: string | null = null): Answer {
  return { note, reaction: 'eyes', reply };
}

export function refused(note: string, reply: string): Answer {
  return { note: `refused: ${note}`, reaction: 'confused', reply };
}

/** The rows that show an answer: a reaction and a reply, each under a natural key. */
export function outboxOf(
  incoming: Incoming,
  semanticKey: string,
  answer: Pick<Answer, 'reaction' | 'reply'>,
): NewOutboxItem[] {
  const common = {
    installationId: incoming.installationId,
    repository: incoming.repository,
    thread: threadOf(incoming),
  };
  const items: NewOutboxItem[] = [];
  if (answer.reaction !== null && incoming.cause.kind !== 'button') {
    const target = incoming.cause.kind === 'comment' ? { commentId: incoming.cause.commentId } : ('thread' as const);
    items.push({
      ...common,
      key: `${semanticKey}/reaction`,
      message: { kind: 'reaction', target, content: answer.reaction },
    });
  }
  if (answer.reply !== null) {
    items.push({ ...common, key: `${semanticKey}/reply`, message: { kind: 'reply', body: answer.reply } });
  }
  return items;
}

function threadOf(incoming: Incoming): NewOutboxItem['thread'] {
  const { number, kind } = incoming.postedOn ?? incoming.thread;
  return { number, kind };
}

/** The caps that hold for a repository, or the server's alone. */
export function budgetLimits(server: AdmissionOptions['server'], config: RepoConfig | null): BudgetLimits {
  return lowerLimits(server.limits.budgets, config?.budget ?? null);
}
