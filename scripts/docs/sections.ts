import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

import { PRICES } from '../../app/budget/prices.ts';
import { loadCommands } from '../../app/cli/commands.ts';
import { REQUIRED_EVENTS, REQUIRED_PERMISSIONS } from '../../app/cli/doctor/required-access.ts';
import { COMMANDS } from '../../app/command/commands.ts';
import { FLAGS } from '../../app/command/flags.ts';
import { REPO_KEYS } from '../../app/config/repo-keys.ts';
import { SETTINGS } from '../../app/config/settings.ts';
import { GATE_LIMITS } from '../../app/publish/gate/gate-facts.ts';
import { CHANGE_CHECKS, WORK_CHECKS } from '../../app/publish/gate/gate-checks.ts';
import { PROTECTED_FAMILIES } from '../../app/publish/gate/protected-paths.ts';
import { FAILURES } from '../../app/task/failure.ts';
import { createMetrics } from '../../app/telemetry/metrics.ts';
import { COMMAND_NAMES } from '../../protocol/index.ts';
import { DEFENCES } from '../../test/trust/ablation/defences.ts';
import { SUITES } from '../../test/trust/suites.ts';
import { MAY_IMPORT } from '../../test/project/layers.ts';
import { code, markdownTable } from './markdown-table.ts';

const ROOT = new URL('../../', import.meta.url);

/** What stands between `<!-- generated: NAME -->` and `<!-- end -->`, by name. Read from the code that it tells of. */
export const SECTIONS: Readonly<Record<string, () => string | Promise<string>>> = {
  commands: () =>
    markdownTable(
      ['command', 'on', 'does'],
      COMMAND_NAMES.map((name) => COMMANDS[name])
        .filter((command) => command.available)
        .map((command) => [
          [command.name, ...command.aliases]
            .map((word, index) => said(word, index === 0 ? command.argument : null))
            .join(', '),
          command.threads.map((thread) => (thread === 'issue' ? 'issues' : 'pull requests')).join(', '),
          `${command.summary}${command.flags.length === 0 ? '' : ` Takes ${command.flags.map((flag) => code(`--${flag}`)).join(' ')}.`}`,
        ]),
    ),
  'commands-later': () =>
    markdownTable(
      ['command', 'will', 'until then'],
      COMMAND_NAMES.map((name) => COMMANDS[name])
        .filter((command) => !command.available)
        .map((command) => [said(command.name, command.argument), command.summary, command.instead ?? '']),
    ),
  flags: () =>
    markdownTable(
      ['flag', 'meaning', 'value'],
      Object.values(FLAGS)
        .filter((flag) => flag.key !== 'rigor')
        .map((flag) => [code(flag.example), flag.help, flag.expected]),
    ),
  settings: () => {
    const settings = Object.values(SETTINGS);
    const groups = [...new Set(settings.map((setting) => setting.group))];
    return groups
      .map((group) => {
        const rows = settings
          .filter((setting) => setting.group === group)
          .map((setting) => [
            code(setting.name),
            setting.description,
            setting.type,
            setting.secret ? 'secret, no default' : code(setting.fallback ?? ''),
            code(setting.example),
          ]);
        return `### ${group}\n\n${markdownTable(['setting', 'meaning', 'value', 'default', 'example'], rows)}`;
      })
      .join('\n\n');
  },
  'repo-keys': () =>
    markdownTable(
      ['key', 'meaning', 'value', 'default', 'example'],
      Object.entries(REPO_KEYS).map(([path, key]) => [
        code(path),
        key.description,
        key.allowed,
        // Some defaults are values, some are words about where the value comes from.
        / /.test(key.fallback) && !/^["[{]/.test(key.fallback) ? key.fallback : code(key.fallback),
        code(key.example),
      ]),
    ),
  prices: () =>
    markdownTable(
      ['model', 'input', 'output', 'cache write', 'cache read'],
      [...PRICES].map(([model, price]) => [
        code(model),
        usd(price.input),
        usd(price.output),
        usd(price.cacheWrite5m),
        usd(price.cacheRead),
      ]),
    ),
  metrics: renderMetrics,
  failures: () => {
    const who = { user: 'the requester', operator: 'the operator', transient: 'nobody; retry' } as const;
    return markdownTable(
      ['code', 'what happened', 'who acts', 'what to do'],
      Object.entries(FAILURES).map(([name, kind]) => [code(name), kind.title, who[kind.blame], kind.remedy]),
    );
  },
  layers: () =>
    markdownTable(
      ['module', 'may import'],
      Object.entries(MAY_IMPORT).map(([module, imports]) => [code(`${module}/`), describeImports(imports)]),
    ),
  cli: async () => {
    const commands = await loadCommands(undefined);
    return markdownTable(
      ['command', 'does', 'options'],
      commands.map((command) => [
        code(['bosun', command.name, ...command.positional].join(' ')),
        command.summary,
        Object.keys(command.flags)
          .map((name) => code(`--${name}`))
          .join(' '),
      ]),
    );
  },
  access: () =>
    markdownTable(
      ['', ''],
      [
        [
          'permissions',
          Object.entries(REQUIRED_PERMISSIONS)
            .map(([name, level]) => code(`${name}: ${level}`))
            .join(' '),
        ],
        ['events', REQUIRED_EVENTS.map(code).join(' ')],
      ],
    ),
  'protected-paths': () =>
    markdownTable(
      ['because', 'code', 'paths'],
      PROTECTED_FAMILIES.map((family) => [family.why, code(family.code), family.patterns.map(code).join(' ')]),
    ),
  'gate-checks': () =>
    markdownTable(
      ['code', 'outcome', 'because'],
      [...WORK_CHECKS, ...CHANGE_CHECKS].map((check) => [
        code(check.code),
        check.outcome === 'block' ? 'blocks' : 'holds',
        check.because,
      ]),
    ),
  'trust-suites': () =>
    markdownTable(
      ['suite', 'what is shown'],
      SUITES.map(({ claim, name }) => [name, claim]),
    ),
  defences: () => {
    const codes = [...WORK_CHECKS, ...CHANGE_CHECKS].map((check) => check.code);
    return markdownTable(
      ['defence', 'what is shown', 'where'],
      DEFENCES.filter(({ name }) => !codes.includes(name)).map(({ claim, file, name }) => [name, claim, code(file)]),
    );
  },
  'gate-limits': () =>
    markdownTable(
      ['at most', ''],
      [
        ['commits', String(GATE_LIMITS.maxCommits)],
        ['files', String(GATE_LIMITS.maxFiles)],
        ['patch', `${GATE_LIMITS.maxPatchBytes / 1024 / 1024} MB`],
        ['one binary file', `${GATE_LIMITS.maxBinaryBytes / 1024} KB`],
        ['path', `${GATE_LIMITS.maxPathLength} characters`],
      ],
    ),
  'action-workflow': () =>
    `\`\`\`yaml\n${readFileSync(new URL('docs/action-workflow.yml', ROOT), 'utf8').trimEnd()}\n\`\`\``,
  'action-inputs': () => renderAction('inputs'),
  'action-outputs': () => renderAction('outputs'),
};

function said(word: string, argument: string | null): string {
  return code(`/${word}${argument === null ? '' : ` ${argument}`}`);
}

function usd(nanoPerToken: number): string {
  return `$${String(nanoPerToken / 1_000)}`;
}

/** Names, types and help as Prometheus gets them; those of Node itself are left out. */
async function renderMetrics(): Promise<string> {
  const metrics = createMetrics({
    now: () => new Date(0),
    readFacts: async () => Promise.reject(new Error('names and help need no rows')),
    process: 'off',
  });
  const { body } = await metrics.renderMetrics();
  const types = new Map([...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match) => [match[1], match[2]]));
  const rows = [...body.matchAll(/^# HELP (\S+) (.+)$/gm)].map(([, name = '', help = '']) => [
    code(name),
    types.get(name) ?? '',
    help,
  ]);
  return markdownTable(['metric', 'type', 'what it counts'], rows);
}

function describeImports(imports: readonly string[]): string {
  if (imports.includes('*')) {
    return 'everything';
  }
  return imports.length === 0 ? 'nothing' : imports.map(code).join(' ');
}

interface ActionPart {
  readonly description?: string;
  readonly required?: boolean;
  readonly default?: string | number | boolean;
}

function renderAction(part: 'inputs' | 'outputs'): string {
  const file = new URL('action.yml', ROOT);
  if (!existsSync(file)) {
    return '_The Action is not part of this version._';
  }
  const action = parse(readFileSync(file, 'utf8')) as Partial<Record<typeof part, Record<string, ActionPart>>>;
  const entries = Object.entries(action[part] ?? {});
  return part === 'outputs'
    ? markdownTable(
        ['output', 'what it is'],
        entries.map(([name, output]) => [code(name), output.description ?? '']),
      )
    : markdownTable(
        ['input', 'what it is', 'default'],
        entries.map(([name, input]) => [
          code(name),
          input.description ?? '',
          input.required === true ? 'required' : code(String(input.default ?? '')),
        ]),
      );
}
