import { AsyncLocalStorage } from 'node:async_hooks';
import { Probot } from 'probot';
import type { Incoming } from '../admission/incoming.ts';
import type { TakenDelivery } from '../store/stores.ts';
import { InstallationPayload } from './payloads.ts';
import { readIncoming } from './read-incoming.ts';
import { readSignal } from './read-signal.ts';
import type { Signal } from '../admission/signal.ts';

export interface EventHandlers {
  readonly onIncoming: (incoming: Incoming, deliveryId: string) => Promise<string>;
  /** Told of what may start a task by itself; where absent nothing does. */
  readonly onSignal?: (signal: Signal) => Promise<string>;
  readonly onInstallationGone: (installationId: number) => Promise<string>;
}

export interface DispatchOptions extends EventHandlers {
  readonly appId: number;
  readonly privateKey: string;
  readonly apiUrl: string;
  /** Probot when absent; replaced in simulation, where nothing may wait for anything real. */
  readonly dispatcher?: Dispatcher;
}

/** Hands an event to the handler of its name; what that throws comes out, alone or in an aggregate. */
export type Dispatcher = Pick<Probot, 'on' | 'receive'>;

const COMMAND_EVENTS = [
  'issue_comment',
  'issues',
  'pull_request_review',
  'pull_request_review_comment',
  'check_run',
] as const;
const SIGNAL_EVENTS = ['check_suite', 'status'] as const;
const GONE_EVENTS = ['installation.deleted', 'installation.suspend'] as const;

/** Gives a delivery to its handler through Probot; resolves with what became of it. */
export function createDispatch(
  options: DispatchOptions,
): (delivery: TakenDelivery, payload: unknown) => Promise<string> {
  const probot = options.dispatcher ?? createProbot(options);
  /** The delivery whose handler runs: Probot itself returns nothing of what handlers return. */
  const handling = new AsyncLocalStorage<{ readonly isRetaken: boolean; note: string }>();

  for (const name of COMMAND_EVENTS) {
    probot.on(name, async (context) => {
      const read = readIncoming({ name: context.name, payload: context.payload }, { appId: options.appId });
      if (read.kind !== 'incoming') {
        finish(`ignored: ${read.why}`);
        return;
      }
      const again = handling.getStore()?.isRetaken === true ? { again: true as const } : {};
      const note = await options.onIncoming({ ...read.incoming, ...again }, context.id);
      const started = context.name === 'pull_request_review' ? await heed(context) : null;
      finish(started?.startsWith('task ') === true ? `${note}; ${started}` : note);
    });
  }
  for (const name of SIGNAL_EVENTS) {
    probot.on(name, async (context) => finish((await heed(context)) ?? 'ignored: nothing failed'));
  }
  for (const name of GONE_EVENTS) {
    probot.on(name, async (context) => {
      const gone = InstallationPayload.parse(context.payload);
      finish(await options.onInstallationGone(gone.installation.id));
    });
  }

  async function heed(event: { name: string; payload: unknown }): Promise<string | null> {
    const signal = options.onSignal === undefined ? null : readSignal(event, { appId: options.appId });
    return signal === null ? null : ((await options.onSignal?.(signal)) ?? null);
  }

  function finish(note: string): void {
    const delivery = handling.getStore();
    if (delivery !== undefined) {
      delivery.note = note;
    }
  }

  return async ({ id, event: name, takes }, payload) => {
    const delivery = { isRetaken: takes > 1, note: 'ignored: no handler' };
    // The payload's type follows from the event name, which only GitHub can vouch for; handlers parse what they use.
    const event = { id, name, payload } as Parameters<typeof probot.receive>[0];
    await handling.run(delivery, () => probot.receive(event));
    return delivery.note;
  };
}

function createProbot({ apiUrl, appId, privateKey }: DispatchOptions): Dispatcher {
  return new Probot({
    appId,
    privateKey,
    // Signatures were checked on the raw bytes before the row was written; Probot insists on a secret of its own.
    secret: 'verified-before-recording',
    baseUrl: apiUrl,
    logLevel: 'fatal',
  });
}
