import type { Crashed, Variant } from './run-journey.ts';
import { CONVERGE_MS, SHORT_TIMES, VARIANTS } from './run-journey.ts';

/** Which part of Bosun acts at a point. */
export function sideOf(point: string): 'publisher' | 'orchestrator' | 'reports' | 'intake' | 'door' {
  if (/^(inbox|keys|outbox\.add|tasks\.(admit|requestStop|resume|raiseBudget))/.test(point)) {
    return 'intake';
  }
  if (/^(reports|outbox|github\.(.*Comment|addReaction|.*CheckRun))/.test(point)) {
    return 'reports';
  }
  if (/^(attempts\.(?!prepare)|artifacts\.append|tasks\.resume)/.test(point)) {
    return 'door';
  }
  const isPublished =
    /^(github\.(createPull|updatePull|withRepositoryToken>publish)|tasks\.record>task\.(gate|push|publish|note)|artifacts\.put>(?!prompt)|repositories\.remove|step\.(gate_passed|before_|pushed|pull_opened|published))/;
  return isPublished.test(point) ? 'publisher' : 'orchestrator';
}

/** The table for people: figures by side and who continued, then everything that is not as it should be. */
export function renderCrashes(crashes: readonly Crashed[], tookMs: number): string {
  const reached = crashes.filter((crash) => crash.reached);
  const sides = [...new Set(reached.map(({ point }) => sideOf(point)))];
  const rows = sides.flatMap((side) =>
    VARIANTS.map((variant) =>
      renderRow(
        reached.filter((one) => sideOf(one.point) === side && one.variant === variant),
        { side, variant },
      ),
    ),
  );
  const total = VARIANTS.map((variant) =>
    renderRow(
      reached.filter((one) => one.variant === variant),
      { side: 'all', variant },
    ),
  );
  const bad = reached.filter(({ broken }) => broken.length > 0);
  const missed = crashes.filter((crash) => !crash.reached);
  return [
    `| side | goes on | points | converged within ${CONVERGE_MS / 1_000} s | later | median ms | slowest ms | broken |`,
    '|---|---|--:|--:|--:|--:|--:|--:|',
    ...rows.filter((row) => row !== null),
    ...total.filter((row) => row !== null),
    '',
    `"same": started again on its own files, with the leases as they ship. "other": another machine with files of its own,`,
    `with leases of ${SHORT_TIMES.leaseMs / 1_000} s in place of 30 s, looked for every ${SHORT_TIMES.recoveryMs / 1_000} s.`,
    `${crashes.length} deaths in ${Math.round(tookMs / 1_000)} s; ${missed.length} runs did not come by their point${missed.map((one) => `\n  ${one.journey}/${one.point} ${one.variant}`).join('')}`,
    ...bad.flatMap((one) => [
      `BROKEN ${one.journey}/${one.point} ${one.variant}`,
      ...one.broken.map((sentence) => `  ${sentence}`),
    ]),
    '',
  ].join('\n');
}

function renderRow(crashes: readonly Crashed[], of: { side: string; variant: Variant }): string | null {
  if (crashes.length === 0) {
    return null;
  }
  const times = crashes.flatMap(({ convergedMs }) => convergedMs ?? []).toSorted((a, b) => a - b);
  const inTime = times.filter((ms) => ms <= CONVERGE_MS).length;
  const broken = crashes.filter((crash) => crash.broken.length > 0).length;
  const median = times[Math.floor(times.length / 2)] ?? '–';
  return `| ${of.side} | ${of.variant} | ${crashes.length} | ${inTime} | ${times.length - inTime} | ${median} | ${times.at(-1) ?? '–'} | ${broken} |`;
}
