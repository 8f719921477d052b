import { anyText, listenAddress, url } from './read/readers.ts';
import { problemOf, setting, type ConfigProblem, type Setting } from './setting.ts';

/** Where workers on other machines reach the door. */
export const DOOR_SETTINGS = {
  BOSUN_DOOR_LISTEN: setting('BOSUN_DOOR_LISTEN', listenAddress(), {
    group: 'Worker',
    description:
      'Where the door also listens, with TLS, for workers on other machines. Only workers may be able to reach it. Without it there is the Unix socket alone.',
    example: '0.0.0.0:8443',
  }),
  BOSUN_DOOR_URL: setting('BOSUN_DOOR_URL', url({ protocols: ['https:'] }), {
    group: 'Worker',
    description:
      'The address at which workers on other machines reach the door of this process or of one with the same BOSUN_DATA_DIR.',
    example: 'https://bosun-door.bosun.svc:8443',
  }),
  BOSUN_DOOR_CERTIFICATE_PATH: setting('BOSUN_DOOR_CERTIFICATE_PATH', anyText('the path of a PEM file'), {
    group: 'Worker',
    description:
      'A file with the certificate of the door and those of its issuers, for the host of BOSUN_DOOR_URL. By default Bosun makes a certificate of its own, and workers trust no other.',
    example: '/etc/bosun/door.pem',
  }),
  BOSUN_DOOR_KEY_PATH: setting('BOSUN_DOOR_KEY_PATH', anyText('the path of a PEM file'), {
    group: 'Worker',
    description: 'A file with the private key of that certificate.',
    example: '/etc/bosun/door-key.pem',
  }),
  BOSUN_DOOR_CA_PATH: setting('BOSUN_DOOR_CA_PATH', anyText('the path of a PEM file'), {
    group: 'Worker',
    description:
      'A file with the authorities that workers trust for the certificate of the door; the well-known ones by default.',
    example: '/etc/bosun/ca.pem',
  }),
} as const;

/** The door for workers on other machines. */
export interface DoorConfig {
  readonly listen: { readonly host: string; readonly port: number } | null;
  readonly url: string | null;
  /** Null: Bosun makes its own. */
  readonly certificate: { readonly certificate: string; readonly key: string } | null;
  /** What workers trust for that certificate; null: the well-known authorities. */
  readonly authority: string | null;
}

/** Certificate and key belong together. */
export function readDoor(source: {
  given: <T>(setting: Setting<T>) => T | null;
  file: (setting: Setting<string>) => string | null;
  problems: ConfigProblem[];
}): DoorConfig {
  const { file, given, problems } = source;
  const before = problems.length;
  const certificate = file(DOOR_SETTINGS.BOSUN_DOOR_CERTIFICATE_PATH);
  const key = file(DOOR_SETTINGS.BOSUN_DOOR_KEY_PATH);
  const authority = file(DOOR_SETTINGS.BOSUN_DOOR_CA_PATH);
  if (problems.length === before && (certificate === null) !== (key === null)) {
    const absent = certificate === null ? DOOR_SETTINGS.BOSUN_DOOR_CERTIFICATE_PATH : DOOR_SETTINGS.BOSUN_DOOR_KEY_PATH;
    problems.push(
      problemOf(absent, { text: undefined, expected: `${absent.type}: certificate and key belong together` }),
    );
  }
  return {
    listen: given(DOOR_SETTINGS.BOSUN_DOOR_LISTEN),
    url: given(DOOR_SETTINGS.BOSUN_DOOR_URL),
    certificate: certificate === null || key === null ? null : { certificate, key },
    authority,
  };
}
