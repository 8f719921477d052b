import type { IncomingMessage, ServerResponse } from 'node:http';
import { DOOR_PATHS } from '../../../protocol/index.ts';
import { reportKey } from '../../store/artifacts.ts';
import type { DoorSession } from '../../store/stores.ts';
import type { DoorOptions } from '../door-options.ts';
import { readBytes } from '../read-body.ts';
import { refuseWithoutArtifacts, sendRefusal } from '../refusal.ts';

/** PUT `/door/v1/report/<check>`: keeps the report file of a check of the open session, as it wrote it. */
export async function handleReport(
  {
    request,
    response,
    session,
    url,
  }: { request: IncomingMessage; response: ServerResponse; session: DoorSession; url: URL },
  { artifacts, maxBytes }: { artifacts: DoorOptions['artifacts']; maxBytes: number },
): Promise<void> {
  const { attempt, task } = session;
  const name = url.pathname.slice(DOOR_PATHS.report.length + 1);
  const open = attempt.checkSession;
  if (session.kind !== 'check' || open === null || !open.names.includes(name)) {
    const message = 'Only a check session sends reports, and only of its own checks.';
    sendRefusal(response, { code: 'SESSION_NOT_ALLOWED', message });
    return;
  }
  const body = await readBytes(request, { maxBytes, what: 'A report' });
  if (!body.ok) {
    sendRefusal(response, body.refusal);
    return;
  }
  try {
    const key = reportKey({ taskId: task.id, epoch: attempt.epoch }, { commit: open.commit, name, try: open.try });
    await artifacts.put(key, body.value);
    response.writeHead(204);
    response.end();
  } catch (error) {
    refuseWithoutArtifacts(response, error);
  }
}
