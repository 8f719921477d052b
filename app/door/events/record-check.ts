import type { WorkerEvent } from '../../../protocol/index.ts';
import { reportKey } from '../../store/artifacts.ts';
import type { CheckStore } from '../../store/checks.ts';
import type { DoorSession } from '../../store/stores.ts';
import { checkEnded } from '../../task/checks/check-ended.ts';
import { readReport } from '../../task/checks/read-report.ts';
import { cleanRun } from './clean-result.ts';

/** The beginning or the end of a check of the open session; one that is not of this session is dropped. */
export async function recordCheck(
  event: Extract<WorkerEvent, { type: 'check' }>,
  given: { session: DoorSession; checks: Pick<CheckStore, 'report'>; now: Date; clean: (text: string) => string },
): Promise<{ current: boolean }> {
  const { attempt, task } = given.session;
  const { checkSession } = attempt;
  if (checkSession === null) {
    return { current: false };
  }
  const { name } = event;
  if (!checkSession.names.includes(name)) {
    return { current: true };
  }
  const { at, commit, try: times } = checkSession;
  const ref = { taskId: task.id, epoch: attempt.epoch, now: given.now };
  if (event.run === undefined) {
    const data = { name, at, commit, try: times };
    return given.checks.report({ ...ref, row: null, event: { kind: 'task.check_started', data } });
  }
  const key = reportKey({ taskId: task.id, epoch: attempt.epoch }, { commit, name, try: times });
  const run = readReport({ ...event.run, ...cleanRun(event.run, given.clean) }, { commit, reportKey: key });
  const row = { name, at, try: times, run };
  return given.checks.report({ ...ref, row, event: checkEnded(row) });
}
