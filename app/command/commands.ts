import { COMMAND_NAMES, type CommandName, type TaskTypeName } from '../../protocol/index.ts';
import type { Thread } from '../task/task.ts';
import type { FlagName } from './flags.ts';

/** One command: what it is called, what it takes, and what people are told about it. */
export interface CommandRecord {
  readonly name: CommandName;
  readonly aliases: readonly string[];
  /** What stands behind the name in usage lines, before the flags. */
  readonly argument: '[text]' | '[reason]' | '[+usd]' | '[commit]' | '[keep|drop L12]' | null;
  readonly flags: readonly FlagName[];
  readonly summary: string;
  /** Where it makes sense; elsewhere help does not list it. */
  readonly threads: readonly Thread['kind'][];
  /** Role on the repository that giving it takes. */
  readonly role: 'write';
  /** False for what a later version will do; `instead` then says what to use today. */
  readonly available: boolean;
  readonly instead?: string;
  /** The type of task that it puts into the queue. */
  readonly starts?: TaskTypeName;
  /** Without a prefix. */
  readonly examples: readonly string[];
}

const ANYWHERE = ['issue', 'pull_request'] as const;
const TASK_FLAGS = [
  'model',
  'tier',
  'size',
  'budget',
  'max-turns',
  'timeout',
  'base',
  'path',
  'priority',
  'dry-run',
  'fresh',
  'quote',
  'yes',
] as const;

const PULL_FLAGS: readonly FlagName[] = [
  'model',
  'tier',
  'budget',
  'max-turns',
  'timeout',
  'path',
  'priority',
  'dry-run',
];

/** Everything people may say. Who may: people with write access; a bot only when the repository's file names its id. */
export const COMMANDS: Readonly<Record<CommandName, CommandRecord>> = {
  implement: {
    name: 'implement',
    aliases: [],
    argument: '[text]',
    flags: TASK_FLAGS,
    summary: 'Turn this issue into a draft pull request.',
    threads: ['issue'],
    role: 'write',
    available: true,
    starts: 'implement',
    examples: ['implement', 'implement Keep the old option working. --budget 3 --base develop'],
  },
  status: {
    name: 'status',
    aliases: [],
    argument: null,
    flags: [],
    summary: 'Show what is running, waiting and spent here.',
    threads: ANYWHERE,
    role: 'write',
    available: true,
    examples: ['status'],
  },
  help: {
    name: 'help',
    aliases: [],
    argument: null,
    flags: [],
    summary: 'Show the available commands.',
    threads: ANYWHERE,
    role: 'write',
    available: true,
    examples: ['help'],
  },
  cancel: {
    name: 'cancel',
    aliases: ['stop'],
    argument: null,
    flags: [],
    summary: 'End the task of this thread. Its work is kept on the server and not pushed.',
    threads: ANYWHERE,
    role: 'write',
    available: true,
    examples: ['cancel'],
  },
  retry: {
    name: 'retry',
    aliases: [],
    argument: '[text]',
    flags: ['from-scratch', ...TASK_FLAGS],
    summary: 'Run the last task again with the same settings, continuing from its work; resume a paused task.',
    threads: ANYWHERE,
    role: 'write',
    available: true,
    examples: ['retry', 'retry --budget 8 Keep the old option, too.', 'retry --from-scratch'],
  },
  pause: {
    name: 'pause',
    aliases: [],
    argument: null,
    flags: [],
    summary: 'Publish the work so far as a draft and wait.',
    threads: ANYWHERE,
    role: 'write',
    available: true,
    examples: ['pause'],
  },
  resume: {
    name: 'resume',
    aliases: ['continue'],
    argument: '[text]',
    flags: [],
    summary: 'Resume a paused task.',
    threads: ANYWHERE,
    role: 'write',
    available: true,
    examples: ['resume'],
  },
  budget: {
    name: 'budget',
    aliases: [],
    argument: '[+usd]',
    flags: [],
    summary: 'Show what is spent and left, or add money to the task and resume it.',
    threads: ANYWHERE,
    role: 'write',
    available: true,
    examples: ['budget', 'budget +5'],
  },
  release: {
    name: 'release',
    aliases: [],
    argument: '[commit]',
    flags: [],
    summary: 'Publish work that is held, after you looked at it.',
    threads: ANYWHERE,
    role: 'write',
    available: true,
    examples: ['release', 'release 3f9c2ab81d04'],
  },
  accept: {
    name: 'accept',
    aliases: [],
    argument: '[commit]',
    flags: [],
    summary: 'Take work as it is although it did not pass, after you looked at it; your name is recorded.',
    threads: ANYWHERE,
    role: 'write',
    available: true,
    examples: ['accept', 'accept 3f9c2ab81d04'],
  },
  lesson: {
    name: 'lesson',
    aliases: ['lessons'],
    argument: '[keep|drop L12]',
    flags: [],
    summary: 'List what was learnt about this repository; keep a lesson or drop it.',
    threads: ANYWHERE,
    role: 'write',
    available: true,
    examples: ['lesson', 'lesson keep L12', 'lesson drop L12'],
  },
  plan: {
    name: 'plan',
    aliases: [],
    argument: '[text]',
    flags: ['rigor'],
    summary: 'Propose a graph of tasks for this issue.',
    threads: ['issue'],
    role: 'write',
    available: false,
    instead: 'Split the work into issues and comment `implement` on each.',
    examples: ['plan --rigor 2'],
  },
  approve: {
    name: 'approve',
    aliases: [],
    argument: null,
    flags: [],
    summary: 'Run the proposed plan.',
    threads: ['issue'],
    role: 'write',
    available: false,
    instead: 'Comment `implement` to start a task.',
    examples: ['approve'],
  },
  reject: {
    name: 'reject',
    aliases: [],
    argument: '[reason]',
    flags: [],
    summary: 'Drop the proposed plan.',
    threads: ['issue'],
    role: 'write',
    available: false,
    instead: 'Comment `cancel` to end a task.',
    examples: ['reject Too large.'],
  },
  fix: {
    name: 'fix',
    aliases: [],
    argument: '[text]',
    flags: PULL_FLAGS,
    summary: 'Address the open review threads and failing checks of this pull request on its branch.',
    threads: ['pull_request'],
    role: 'write',
    available: true,
    starts: 'fix',
    examples: ['fix', 'fix Only the failing test. --budget 2'],
  },
  review: {
    name: 'review',
    aliases: [],
    argument: '[text]',
    flags: PULL_FLAGS.filter((flag) => flag !== 'dry-run'),
    summary: 'Look for bugs in this pull request and write one review.',
    threads: ['pull_request'],
    role: 'write',
    available: true,
    starts: 'review',
    examples: ['review', 'review Look at the error handling. --budget 2'],
  },
};

const BY_WORD: ReadonlyMap<string, CommandRecord> = new Map(
  COMMAND_NAMES.flatMap((name) => [name, ...COMMANDS[name].aliases].map((word) => [word, COMMANDS[name]] as const)),
);

/** Every word that is a command, aliases included. */
export const COMMAND_WORDS: readonly string[] = [...BY_WORD.keys()];

/** The command a word names, by name or alias, in any case. */
export function findCommand(word: string): CommandRecord | null {
  return BY_WORD.get(word.toLowerCase()) ?? null;
}
