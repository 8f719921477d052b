import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { RemoteDoor } from '../../protocol/index.ts';

/** How to connect to a door on another machine, and what to trust there. */
export function connectionTo({
  certificate,
  serverName,
  url,
}: RemoteDoor): ConnectionOptions & { host: string; port: number; servername: string } {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const name = serverName ?? host;
  return {
    host,
    port: port === '' ? 443 : Number(port),
    // An address is no name that can be asked for; the certificate is checked against it all the same
    servername: isIP(name) === 0 ? name : '',
    minVersion: 'TLSv1.3',
    ...(certificate === undefined ? {} : { ca: certificate }),
  };
}
