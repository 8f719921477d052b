import { randomBytes } from 'node:crypto';
import { chmod, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { ProviderService } from '../../config/provider-section.ts';
import type { ServerConfig } from '../../config/server-config.ts';
import { createDoor } from '../../door/create-door.ts';
import type { DoorOptions } from '../../door/door-options.ts';
import type { ModelEndpoint } from '../../door/model/dialect.ts';
import type { RemoteSessionsPort } from '../../door/remote/remote-sessions-port.ts';
import type { DoorCertificate } from '../../door/tls/door-certificate.ts';
import { createPackagesPort } from '../../door/packages/create-packages-port.ts';
import type { PackagesOptions } from '../../door/packages/create-packages-port.ts';
import type { AttemptRepositories } from '../../git/attempt-repository.ts';
import type { LfsFiles } from '../../git/lfs/lfs-files.ts';
import type { Artifacts } from '../../store/artifacts.ts';
import type { KeyStore, Stores } from '../../store/stores.ts';
import type { Logger } from '../../telemetry/log.ts';
import { createGitPort } from '../git/create-git-port.ts';
import type { Tracer } from '../../telemetry/tracer.ts';
import { systemClock } from '../system.ts';
import { mainOf, openProviders } from './open-providers.ts';
import { ignoreGone, removeDeadSockets, socketDirectory } from './socket-directory.ts';
import { watchModelKey } from './watch-model-key.ts';

export interface OpenDoor {
  /** Has this door's socket and those of others on the same data directory; any of them will do for a worker. */
  readonly socketDirectory: string;
  /** One more listener, for workers that may not enter that directory; resolves with its URL. */
  listenLoopback(): Promise<string>;
  stop(): Promise<void>;
}

export interface DoorPlan {
  readonly model: ServerConfig['model'] & { readonly apiKey: string };
  readonly providers: ServerConfig['providers'];
  /** Opens providers that are services of a cloud; without it these cannot be used. The Action leaves their libraries out. */
  readonly openEndpoint?: (service: ProviderService, url: string) => ModelEndpoint;
  readonly dataDir: string;
  readonly stores: Pick<Stores, 'attempts' | 'checks'>;
  readonly artifacts: Pick<Artifacts, 'append' | 'put' | 'get'>;
  readonly repositories: AttemptRepositories;
  readonly lfs: LfsFiles;
  readonly redact: (text: string) => string;
  readonly log: Logger;
  readonly tracer?: Tracer;
  readonly onAnswer?: NonNullable<DoorOptions['onAnswer']>;
  /** Absent: no package is mirrored. */
  readonly packages?: Pick<PackagesOptions, 'config' | 'cacheBytes' | 'proxy' | 'mayUsePackages'>;
  /** Stops attempts while the provider refuses the key; without it they fail. */
  readonly keyWatch?: { readonly keys: KeyStore; readonly model: string };
  /** For workers on other machines. */
  readonly remote?: {
    readonly sessions: RemoteSessionsPort;
    readonly listen: { readonly host: string; readonly port: number };
    readonly certificate: DoorCertificate;
  };
  /** How long requests under way may take to end when the door closes; 5 s when absent. */
  readonly closeGraceMs?: number;
}

/**
 * The door role: a Unix socket of its own in the directory that all doors of a data directory share. It gets its name once
 * it answers and loses it before it stops to, so that workers find only doors that live.
 */
export async function startDoor(plan: DoorPlan): Promise<OpenDoor> {
  const packages =
    plan.packages === undefined
      ? {}
      : {
          packages: await createPackagesPort({
            ...plan.packages,
            directory: path.join(plan.dataDir, 'packages'),
            now: systemClock.now,
            log: plan.log,
          }),
        };
  const providers = openProviders(plan);
  const provider = mainOf(providers);
  const keyWatch =
    plan.keyWatch === undefined
      ? null
      : watchModelKey({ ...plan.keyWatch, provider, clock: systemClock, log: plan.log });
  const door = createDoor({
    ...packages,
    ...(plan.remote === undefined ? {} : { remoteSessions: plan.remote.sessions }),
    stores: plan.stores,
    artifacts: plan.artifacts,
    git: createGitPort(plan.repositories, plan.lfs),
    provider,
    moreProviders: providers.filter((one) => one !== provider),
    clock: systemClock,
    ...(plan.tracer === undefined ? {} : { tracer: plan.tracer }),
    ...(plan.onAnswer === undefined ? {} : { onAnswer: plan.onAnswer }),
    log: plan.log,
    redact: plan.redact,
    onModelProblem: async (problem) => {
      await keyWatch?.note(problem);
      if (problem !== null) {
        plan.log.error('The model provider does not serve requests', { kind: problem.kind, status: problem.status });
      }
    },
  });
  const directory = await socketDirectory(plan.dataDir);
  await removeDeadSockets(directory);
  const name = randomBytes(4).toString('hex');
  const draft = path.join(directory, `.${name}`);
  const socketPath = path.join(directory, `${name}.sock`);
  await door.listen({ socketPath: draft });
  // Workers are other users where Bosun is root. Who may come near is the business of the directory above.
  await chmod(draft, 0o666);
  await rename(draft, socketPath);
  if (plan.remote !== undefined) {
    const { certificate: tls, listen } = plan.remote;
    await door.listen({ ...listen, tls });
    plan.log.info('The door listens with TLS for workers on other machines', { ...listen });
  }
  return {
    socketDirectory: directory,
    async listenLoopback() {
      const loopback = await door.listen({ host: '127.0.0.1', port: 0 });
      return 'url' in loopback ? loopback.url : '';
    },
    async stop() {
      await unlink(socketPath).catch(ignoreGone);
      await door.close({ graceMs: plan.closeGraceMs ?? 5_000 });
      await keyWatch?.stop();
    },
  };
}
