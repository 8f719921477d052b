import { createHash } from 'node:crypto';
import path from 'node:path';
import { createRemoteSessions } from '../../compute/cluster/remote-sessions.ts';
import type { ServerConfig } from '../../config/server-config.ts';
import { DOOR_NAME, makeDoorCertificate } from '../../door/tls/door-certificate.ts';
import type { KeyStore } from '../../store/stores.ts';
import type { RemoteDoor } from '../../../protocol/index.ts';
import type { DoorPlan } from './start-door.ts';

type Config = Pick<ServerConfig, 'door' | 'storage'>;

/** How the door serves workers on other machines; absent where it does not. */
export async function openRemoteDoor(
  { door, storage }: Config,
  keys: Pick<KeyStore, 'get'>,
): Promise<Pick<DoorPlan, 'remote'>> {
  return door.listen === null
    ? {}
    : {
        remote: {
          listen: door.listen,
          certificate: door.certificate ?? makeDoorCertificate(await keys.get('door')),
          sessions: createRemoteSessions(sessionsDirectory(storage)),
        },
      };
}

/** What a worker on another machine is told of the door, and whose worker it is. */
export async function describeRemoteDoor(
  { door }: Config,
  keys: Pick<KeyStore, 'get'>,
): Promise<{ door: RemoteDoor; owner: string } | null> {
  if (door.url === null) {
    return null;
  }
  const secret = await keys.get('door');
  const own = { certificate: makeDoorCertificate(secret).certificate, serverName: DOOR_NAME };
  const theirs = door.authority === null ? {} : { certificate: door.authority };
  return {
    door: { url: door.url, ...(door.certificate === null ? own : theirs) },
    // Processes on one database are one Bosun: they know each other's sessions
    owner: createHash('sha256').update('owner of sessions').update(secret).digest('hex').slice(0, 12),
  };
}

/** Orchestrator and door have the same one, so that what one lays out the other hands over. */
export function sessionsDirectory({ dataDir }: Pick<ServerConfig['storage'], 'dataDir'>): string {
  return path.join(dataDir, 'sessions');
}
