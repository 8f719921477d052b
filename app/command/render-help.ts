import { COMMAND_NAMES, type CommandName } from '../../protocol/index.ts';
import type { Thread } from '../task/task.ts';
import { COMMANDS } from './commands.ts';
import { FLAGS, type FlagSpec } from './flags.ts';

/** The answer to `/help`: what may be said on this kind of thread by the one who asks. Markdown. */
export function renderHelp(options: {
  prefix: string;
  thread: Thread['kind'];
  /** `reader`: someone without write access, who may order nothing. */
  role?: 'writer' | 'reader';
}): string {
  const { prefix, thread } = options;
  if (options.role === 'reader') {
    return 'Only people with write access to this repository can run commands here. Ask one of them.';
  }
  const here = COMMAND_NAMES.map((name) => COMMANDS[name]).filter(
    (command) => command.available && command.threads.includes(thread),
  );
  const later = COMMAND_NAMES.filter((name) => !COMMANDS[name].available).map((name) => `\`${prefix}${name}\``);
  const flags = [...new Set(here.flatMap((command) => command.flags))];
  const place = thread === 'issue' ? 'this issue' : 'this pull request';
  const lines = [
    `Commands for people with write access on ${place}, each at the start of a line:`,
    '',
    '| Command | What it does |',
    '|---|---|',
    ...here.map((command) => `| ${usageCell(command.name, prefix)} | ${command.summary} |`),
  ];
  if (flags.length > 0) {
    lines.push(
      '',
      '| Flag | Meaning |',
      '|---|---|',
      ...flags.map((flag) => `| \`${FLAGS[flag].example}\` | ${flagHelp(FLAGS[flag])} |`),
    );
  }
  if (thread === 'pull_request') {
    lines.push('', `To start a task, comment \`${prefix}implement\` on an issue.`);
  }
  lines.push('', `Not available in this version yet: ${later.join(', ')}.`);
  return lines.join('\n');
}

/** How a command is written: `/implement [text] [--model id]`. */
export function usageOf(name: CommandName, prefix: string): string {
  const command = COMMANDS[name];
  const flags = command.flags.map((flag) => {
    const spec: FlagSpec = FLAGS[flag];
    return spec.value === null ? `[--${flag}]` : `[--${flag} ${spec.value}]`;
  });
  return [`${prefix}${name}`, ...(command.argument === null ? [] : [command.argument]), ...flags].join(' ');
}

function usageCell(name: CommandName, prefix: string): string {
  const command = COMMANDS[name];
  const said = [`${prefix}${name}`, ...(command.argument === null ? [] : [command.argument])].join(' ');
  const aliases = command.aliases.map((alias) => `, \`${prefix}${alias}\``).join('');
  return `\`${said}\`${aliases}${command.flags.length === 0 ? '' : ' with flags'}`;
}

function flagHelp(spec: FlagSpec): string {
  return spec.value === null ? spec.help : `${spec.help}; ${spec.expected}`;
}
