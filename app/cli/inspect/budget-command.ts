import { lowerLimits } from '../../budget/lower-limits.ts';
import { exactUsd, formatUsd } from '../../budget/money.ts';
import { isNearlySpent } from '../../budget/decide-warnings.ts';
import { projectSpend } from '../../budget/project-spend.ts';
import { reservedOf, leftOf, spentOf, type ScopeAccount } from '../../budget/scopes.ts';
import { parseServerConfig, readEnv } from '../../config/server-config.ts';
import type { BudgetLimits, Stores } from '../../store/stores.ts';
import type { NanoUsd, RepositoryRef } from '../../task/task.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { parseAmount } from '../../config/quantities.ts';
import { controlTask } from '../control/control-command.ts';
import { topUpTask } from '../control/top-up-task.ts';
import { printable } from '../printable.ts';
import { renderColumns } from './render-columns.ts';
import { withStores } from './with-stores.ts';

/** A scope as a row: whose it is, and how it stands. */
interface BudgetRow {
  readonly owner: string;
  readonly account: ScopeAccount;
}

/** `bosun budget [OWNER/REPO]`: what every shared budget has spent, reserved and left, and how long that lasts. */
export const budgetCommand: CliCommand = {
  name: 'budget',
  summary: 'Show what is spent and left of each budget, or add money to a task',
  positional: ['[OWNER/REPO|ID]', '[+USD]'],
  flags: { json: { type: 'boolean', description: 'print one JSON document' } },
  examples: [
    'bosun budget',
    'bosun budget octo/parser',
    'bosun budget 01KAH3M8RZ0W6Y2F4T5N7Q9XCD +5',
    'bosun budget --json | jq .budgets[0].left_usd',
  ],
  async run({ args, flags, output }) {
    const [target = '', amount] = args;
    if (amount !== undefined) {
      const addNano = parseAmount(amount.replace(/^\+/, ''));
      if (addNano === null) {
        output.problem(
          `budget takes an amount of USD above 0, found "${printable(amount)}"`,
          'Example: bosun budget 01KAH3M8RZ0W6Y2F4T5N7Q9XCD +5',
        );
        return EXIT.usage;
      }
      return controlTask(target, { flags, output, act: (call) => topUpTask(addNano, call) });
    }
    const wanted = args[0]?.toLowerCase() ?? null;
    if (wanted !== null && !/^[^/\s]+\/[^/\s]+$/.test(wanted)) {
      output.problem(
        `budget takes one repository as OWNER/REPO, or the ID of a task and an amount, found "${printable(target)}"`,
        'Examples: bosun budget octo/parser; bosun budget 01KAH3M8RZ0W6Y2F4T5N7Q9XCD +5',
      );
      return EXIT.usage;
    }
    return withStores(output, async (stores) => {
      const now = new Date();
      const limits = limitsOfServer();
      const rows = (await readRows(stores, { now, limits })).filter(
        ({ owner }) => wanted === null || owner === SERVER || owner.toLowerCase() === wanted,
      );
      if (wanted !== null && !rows.some(({ owner }) => owner !== SERVER)) {
        output.progress(`Nothing was spent in ${printable(wanted)} this month.`);
      }
      if (output.json) {
        output.document({ time_zone: limits.timeZone, budgets: rows.map((row) => budgetDocument(row, now)) });
      } else {
        output.result(renderRows(rows, now, output));
      }
      return EXIT.done;
    });
  },
};

const SERVER = 'server';

/** `withStores` has refused settings that are wrong. */
function limitsOfServer(): BudgetLimits {
  const parsed = parseServerConfig(readEnv());
  if (!parsed.ok) {
    throw new Error('The settings changed while they were read; run the command again.');
  }
  return parsed.config.limits.budgets;
}

/** The server's first, then those of each repository that set money aside in this period, under the lower of both caps. */
async function readRows(stores: Stores, at: { now: Date; limits: BudgetLimits }): Promise<BudgetRow[]> {
  const accounts = await stores.budgets.current(at);
  const ids = [...new Set(accounts.flatMap(({ scope }) => scope.split(':')[1] ?? []))].map(Number);
  const server = (await stores.budgets.scopes({ repositoryId: 0, ...at })).filter(
    ({ scope }) => scope === 'server-day',
  );
  const rows: BudgetRow[] = server.map((account) => ({ owner: SERVER, account }));
  for (const repositoryId of ids) {
    const [task] = await stores.tasks.list({ repositoryId, limit: 1 });
    const owner = task === undefined ? `repository ${repositoryId}` : nameOf(task.repository);
    const limits = lowerLimits(at.limits, {
      dayNano: task?.settings.limits?.dayNano ?? null,
      monthNano: task?.settings.limits?.monthNano ?? null,
    });
    const own = await stores.budgets.scopes({ repositoryId, now: at.now, limits });
    rows.push(...own.filter(({ scope }) => scope !== 'server-day').map((account) => ({ owner, account })));
  }
  return rows;
}

function nameOf(repository: RepositoryRef): string {
  return `${repository.owner}/${repository.name}`;
}

function periodOf({ scope }: ScopeAccount): string {
  return scope.includes('-month') ? 'month' : 'day';
}

function projectionOf(account: ScopeAccount, now: Date) {
  return projectSpend({ ...account, spentNano: spentOf(account) }, now);
}

/** Money as numbers of USD; null is no cap, no limit or nothing known. */
function budgetDocument({ account, owner }: BudgetRow, now: Date) {
  const projection = projectionOf(account, now);
  return {
    owner,
    per: periodOf(account),
    period: account.period,
    cap_usd: account.capNano === null ? null : toUsd(account.capNano),
    spent_usd: toUsd(spentOf(account)),
    reserved_usd: toUsd(reservedOf(account)),
    left_usd: account.capNano === null ? null : toUsd(leftOf(account)),
    usd_per_hour: projection === null ? null : toUsd(projection.nanoPerHour),
    exhausted_at: projection?.exhaustedAt ?? null,
    resets_at: account.resetsAt,
    warned_at: account.warnedAt,
  };
}

function toUsd(nano: NanoUsd): number {
  return Number(exactUsd(nano));
}

function renderRows(rows: readonly BudgetRow[], now: Date, output: Output): string {
  const titles = ['BUDGET', 'PER', 'CAP', 'SPENT', 'RESERVED', 'LEFT', 'PER HOUR', 'USED UP (UTC)', 'RESETS (UTC)'];
  const head = titles.map((text) => ({ text, paint: output.quiet }));
  return renderColumns([
    head,
    ...rows.map(({ account, owner }) => {
      const projection = projectionOf(account, now);
      const isShort = isNearlySpent(account);
      return [
        { text: printable(owner) },
        { text: periodOf(account) },
        { text: account.capNano === null ? 'no cap' : dollars(account.capNano) },
        { text: dollars(spentOf(account)), ...(isShort ? { paint: output.warned } : {}) },
        { text: dollars(reservedOf(account)) },
        { text: account.capNano === null ? '-' : dollars(leftOf(account)) },
        { text: projection === null ? '-' : dollars(projection.nanoPerHour) },
        { text: usedUp(projection) },
        { text: timeOf(account.resetsAt) },
      ];
    }),
  ]);
}

function usedUp(projection: ReturnType<typeof projectionOf>): string {
  if (projection === null) {
    return '-';
  }
  return projection.exhaustedAt === null ? 'not before' : timeOf(projection.exhaustedAt);
}

function dollars(nano: NanoUsd): string {
  return `$${formatUsd(nano)}`;
}

function timeOf(at: Date): string {
  return at.toISOString().slice(0, 16).replace('T', ' ');
}
